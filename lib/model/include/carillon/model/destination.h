#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "carillon/base/secret.h"
#include "carillon/model/authorization.h"
#include "carillon/model/signing.h"
#include "carillon/model/tls_settings.h"

namespace carillon::model {

enum class Format : uint8_t {
  kStandard,
  kPayload,
  kArray,
  kCloudEvents,
  kCloudEventsBatch,
  kCloudEventsBinary,
};
inline constexpr int kFormatCount = 6;

inline bool IsCloudEvents(Format format) { return format >= Format::kCloudEvents; }

/// Which HTTP answers count as success.
enum class SuccessRule : uint8_t { k2xx, kBelow400, kAnyResponse };

/// Retries go at the greater of two rates: `ratio` of the first attempts, and `min_per_second`.
struct RetryBudget {
  double ratio = 0.2;
  double min_per_second = 1;
  friend bool operator==(const RetryBudget&, const RetryBudget&) = default;
};

/// After failure n (from 1) the delivery waits delays[n-1] and is tried again; when there is no
/// such delay it is dead. No delays: never tried again.
struct RetryPolicy {
  std::vector<std::chrono::milliseconds> delays;
  double jitter = 0.2;  ///< 0 to 1: spread evenly over delay * (1 +- jitter)
  /// A retry later than this after the event's acceptance is not made. Nothing: no bound.
  std::optional<std::chrono::milliseconds> max_age;
  /// The longest wait that Retry-After can make of a shorter one.
  std::chrono::milliseconds retry_after_cap = std::chrono::hours(1);
  RetryBudget budget;
  friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

struct Header {
  std::string name;
  base::Secret value;  ///< may be a token
  friend bool operator==(const Header&, const Header&) = default;
};

/// A named HTTP endpoint and its delivery policy, validated (see `config`). A value.
struct Destination {
  std::string tenant;
  std::string name;
  std::string url;
  std::string description;
  Format format = Format::kStandard;
  std::string cloudevents_source;  ///< empty: `/carillon/` and the tenant
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds total_timeout{15'000};
  uint32_t concurrency = 32;
  RetryPolicy retry;
  SuccessRule success = SuccessRule::k2xx;
  std::vector<SigningKey> keys;            ///< one of them never expires, where there are any
  std::optional<HmacSignature> signature;  ///< only with a kV1 key that never expires
  std::vector<Header> headers;             ///< fit to be written into a head
  Authorization authorization;
  TlsSettings tls;
  friend bool operator==(const Destination&, const Destination&) = default;
};

}  // namespace carillon::model
