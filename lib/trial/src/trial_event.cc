#include "carillon/trial/trial_event.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "carillon/ingest/ingest.h"
#include "carillon/ingest/sample.h"
#include "carillon/v1/publisher.pb.h"

namespace carillon::trial {
namespace {

constexpr std::string_view kDefaultTenant = "default";
constexpr std::string_view kTypePrefix = "eventTypes/";
/// What paths of ingest begin with, where there is one event.
constexpr std::string_view kFirst = "events[0]";

/// `events[0].session.uuid: must be ...` as a violation of `event.session.uuid`.
absl::Status ToViolation(const absl::Status& status) {
  const std::string_view text = base::ToStd(status.message());
  const size_t colon = text.find(": ");
  if (!text.starts_with(kFirst) || colon == text.npos) {
    return aip::BadField("event", "INVALID", text);
  }
  const std::string path =
      absl::StrCat("event", base::ToAbsl(text.substr(kFirst.size(), colon - kFirst.size())));
  return aip::BadField(path, "INVALID", text.substr(colon + 2));
}

}  // namespace

absl::StatusOr<model::EventPtr> MakeTrialEvent(const v1::Event& event, std::string_view tenant,
                                               const ingest::Catalog& catalog, base::WallTime now,
                                               base::Random& random) {
  const std::string_view given = event.tenant().empty() ? kDefaultTenant : event.tenant();
  if (given != tenant) {
    return aip::BadField("event.tenant", "CONFLICT",
                         absl::StrCat("must be the destination's, '", base::ToAbsl(tenant), "'"));
  }
  v1::PublishRequest request;
  *request.add_events() = event;
  auto events = ingest::DecodeRequest(request.SerializeAsString(), {}, catalog, now, random);
  if (!events.ok()) return ToViolation(events.status());
  return std::move(events->front());
}

absl::StatusOr<model::EventPtr> MakeSample(std::string_view event_type, std::string_view tenant,
                                           const ingest::Catalog& catalog, base::WallTime now,
                                           base::Random& random) {
  if (event_type.starts_with(kTypePrefix)) event_type.remove_prefix(kTypePrefix.size());
  const schema::EventTypePtr* known = catalog.Find(event_type);
  if (known == nullptr) {
    return aip::BadField("event_type", "NOT_IN_CATALOG",
                         absl::StrCat("unknown event type '", base::Printable(event_type), "'"));
  }
  std::shared_ptr<model::Event> sample = *known != nullptr
                                             ? ingest::SampleEvent(**known, tenant, now, random)
                                             : ingest::SampleEvent(event_type, tenant, now, random);
  if (sample == nullptr) {
    return aip::BadField("event_type", "NO_SAMPLE",
                         "there is no sample of this type: give it one, or the whole `event` here");
  }
  return sample;
}

}  // namespace carillon::trial
