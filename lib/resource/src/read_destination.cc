#include "read_destination.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "field_rules.h"
#include "member_rules.h"
#include "order.h"
#include "read_authorization.h"
#include "read_health.h"
#include "read_labels.h"
#include "read_pace.h"
#include "read_retry.h"
#include "read_signing.h"
#include "request_headers.h"

namespace carillon::resource {
namespace {

constexpr size_t kMaxSourceBytes = 1024;

void ReadTimeouts(v1::Timeouts given, model::Destination& to, const Path& path, Errors& errors) {
  const bool has_total = given.has_total();
  const bool has_connect = given.has_connect();
  ApplyRules(given, path, errors);
  to.total_timeout = Millis(given.total());
  to.connect_timeout = Millis(given.connect());
  if (!has_connect) to.connect_timeout = std::min(to.connect_timeout, to.total_timeout);
  if (to.connect_timeout > to.total_timeout) {
    const Path connect = path.Member("connect");
    errors.Add(connect,
               absl::StrCat("must not be longer than total (", has_total ? "" : "by default ",
                            base::FormatDuration(to.total_timeout), ")"));
  }
}

model::Format ToModel(v1::Format format) {
  switch (format) {
    case v1::FORMAT_PAYLOAD:
      return model::Format::kPayload;
    case v1::FORMAT_ARRAY:
      return model::Format::kArray;
    case v1::FORMAT_CLOUDEVENTS:
      return model::Format::kCloudEvents;
    case v1::FORMAT_CLOUDEVENTS_BATCH:
      return model::Format::kCloudEventsBatch;
    case v1::FORMAT_CLOUDEVENTS_BINARY:
      return model::Format::kCloudEventsBinary;
    default:
      return model::Format::kStandard;
  }
}

model::SuccessRule ToModel(v1::Success success) {
  switch (success) {
    case v1::SUCCESS_BELOW_400:
      return model::SuccessRule::kBelow400;
    case v1::SUCCESS_ANY_RESPONSE:
      return model::SuccessRule::kAnyResponse;
    default:
      return model::SuccessRule::k2xx;
  }
}

void CheckSource(const model::Destination& to, const Path& path, Errors& errors) {
  if (!model::IsCloudEvents(to.format)) {
    errors.Add(path, "needs the format cloudevents, cloudevents_batch or cloudevents_binary");
  } else if (to.cloudevents_source.size() > kMaxSourceBytes ||
             !IsUriReference(to.cloudevents_source)) {
    errors.Add(path, "must be a URI reference of 1 to 1024 bytes");
  }
}

/// A destination that says nothing of its timeouts, retries and health: worked out once, for that
/// is nearly all of them.
const model::Destination& Unsaid() {
  static const model::Destination unsaid = [] {
    NoReferences none;
    Errors errors(none);
    const Path root;
    v1::Destination given;
    given.mutable_breaker();
    given.mutable_disabling();
    model::Destination to;
    ReadTimeouts(given.timeouts(), to, root, errors);
    to.retry = ReadRetry(given.retry(), root, errors);
    ReadHealth(given, to, root, errors);
    return to;
  }();
  return unsaid;
}

}  // namespace

model::Destination ReadDestination(const v1::Destination& given, const Path& path, Errors& errors) {
  model::Destination to = Unsaid();
  CheckRules(given, path, errors);
  const NameParts name = ReadName(given.name(), kDestinationNames, path.Member("name"), errors);
  to.tenant = name.tenant;
  to.name = name.id;
  to.uid = given.uid();
  to.url = given.url();
  to.display_name = given.display_name();
  to.labels = ReadLabels(given.labels(), path.Member("labels"), errors);
  to.annotations = ReadAnnotations(given.annotations(), path.Member("annotations"), errors);
  to.description = given.description();
  to.format = ToModel(given.format());
  if (given.has_cloudevents_source()) {
    to.cloudevents_source = given.cloudevents_source();
    CheckSource(to, path.Member("cloudevents_source"), errors);
  }
  to.success = ToModel(given.success());
  if (given.has_timeouts()) ReadTimeouts(given.timeouts(), to, path.Member("timeouts"), errors);
  if (given.has_concurrency()) to.concurrency = given.concurrency();
  if (given.has_retry()) to.retry = ReadRetry(given.retry(), path.Member("retry"), errors);
  to.headers = ReadHeaders(given, path.Member("headers"), errors);
  ReadSigning(given, to, path, errors);
  ReadPace(given, to, path, errors);
  ReadOrder(given, to, path, errors);
  ReadHealth(given, to, path, errors);
  ReadAuthorization(given, to, path, errors);
  return to;
}

}  // namespace carillon::resource
