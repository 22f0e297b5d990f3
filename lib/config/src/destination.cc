#include "destination.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/http/url.h"
#include "retry.h"
#include "rules.h"
#include "secret_source.h"

namespace carillon::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr uint32_t kMaxConcurrency = 1024;
constexpr int kMaxKeys = 8;

void ReadTimeouts(const v1::Timeouts& given, model::Destination& to, const Path& path,
                  Errors& errors) {
  if (given.has_total()) {
    to.total_timeout = Millis(given.total());
    CheckDuration(to.total_timeout, milliseconds(10), seconds(120), path.Member("total"), errors);
  }
  if (!given.has_connect()) {
    to.connect_timeout = std::min(to.connect_timeout, to.total_timeout);
    return;
  }
  to.connect_timeout = Millis(given.connect());
  const Path connect = path.Member("connect");
  CheckDuration(to.connect_timeout, milliseconds(10), seconds(60), connect, errors);
  if (to.connect_timeout > to.total_timeout) {
    errors.Add(connect, absl::StrCat("must not be longer than total (",
                                     given.has_total() ? "" : "by default ",
                                     base::FormatDuration(to.total_timeout), ")"));
  }
}

std::vector<model::SigningKey> ReadKeys(const v1::Destination& given, const Path& path,
                                        Errors& errors) {
  std::vector<model::SigningKey> keys;
  if (given.keys_size() > kMaxKeys) {
    errors.Add(path, absl::StrCat("must be at most ", kMaxKeys));
    return keys;
  }
  absl::flat_hash_set<std::string> names;
  for (int i = 0; i < given.keys_size(); ++i) {
    const v1::SigningKey& key = given.keys(i);
    const Path key_path = path.At(i);
    if (!IsLabel(key.name())) {
      errors.Add(key_path.Member("name"), "must be 1-63 characters of [a-z0-9-]");
    } else if (!names.insert(key.name()).second) {
      errors.Add(key_path.Member("name"), "is the name of another key of this destination");
    }
    if (auto secret = ReadSecret(key, key_path, errors)) {
      keys.push_back({key.name(), *std::move(secret)});
    }
  }
  return keys;
}

model::Format ToModel(v1::Format format) {
  switch (format) {
    case v1::FORMAT_PAYLOAD:
      return model::Format::kPayload;
    case v1::FORMAT_ARRAY:
      return model::Format::kArray;
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

}  // namespace

model::Destination ReadDestination(const v1::Destination& given, const Path& path, Errors& errors) {
  model::Destination to;
  to.name = given.name();
  if (!IsDestinationName(to.name)) {
    errors.Add(path.Member("name"),
               "must be 1-63 characters of [a-z0-9-], beginning and ending with [a-z0-9]");
  }
  to.tenant = ReadTenant(given.tenant(), path.Member("tenant"), errors);
  to.url = given.url();
  if (const auto url = http::ParseUrl(to.url); !url.ok()) {
    errors.Add(path.Member("url"), base::ToStd(url.status().message()));
  }
  to.description = given.description();
  CheckDescription(to.description, path.Member("description"), errors);
  to.format = ToModel(given.format());
  to.success = ToModel(given.success());
  ReadTimeouts(given.timeouts(), to, path.Member("timeouts"), errors);
  if (given.has_concurrency()) {
    to.concurrency = given.concurrency();
    if (to.concurrency < 1 || to.concurrency > kMaxConcurrency) {
      errors.Add(path.Member("concurrency"), absl::StrCat("must be 1 to ", kMaxConcurrency));
    }
  }
  to.retry = ReadRetry(given.retry(), path.Member("retry"), errors);
  to.keys = ReadKeys(given, path.Member("keys"), errors);
  return to;
}

}  // namespace carillon::config
