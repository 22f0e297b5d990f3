#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "carillon/base/secret.h"
#include "carillon/base/shared_value.h"
#include "carillon/model/authorization.h"
#include "carillon/model/resource_labels.h"
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

/// Delays that grow: delay n is first * factor^(n - 1), but never more than `cap`.
struct Exponential {
  std::chrono::milliseconds first{5'000};
  double factor = 2;
  std::chrono::milliseconds cap{3'600'000};
  uint32_t attempts = 12;  ///< in all, the first one included
  friend bool operator==(const Exponential&, const Exponential&) = default;
};

/// After failure n (from 1) the delivery waits delays[n-1] and is tried again; when there is no
/// such delay it is dead. No delays: never tried again.
struct RetryPolicy {
  std::vector<std::chrono::milliseconds> delays;
  std::optional<Exponential> exponential;  ///< what they were made of, if they were
  double jitter = 0.2;                     ///< 0 to 1: spread evenly over delay * (1 +- jitter)
  /// A retry later than this after the event's acceptance is not made. If unset, there is no bound.
  std::optional<std::chrono::milliseconds> max_age;
  /// The longest wait that Retry-After can make of a shorter one.
  std::chrono::milliseconds retry_after_cap = std::chrono::hours(1);
  RetryBudget budget;
  friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

/// Which deliveries go one after another, in publishing order: none, those with one ordering key,
/// or all. An event without an ordering key has no order under kKey.
enum class Ordering : uint8_t { kNone, kKey, kStrict };

/// What happens behind a delivery that is dead: the next goes, or what follows it in order is held
/// until the destination is told to continue.
enum class AfterDead : uint8_t { kContinue, kHold };

struct Order {
  Ordering by = Ordering::kNone;
  AfterDead after_dead = AfterDead::kContinue;
  friend bool operator==(const Order&, const Order&) = default;
};

/// Several events in one POST; for formats that are arrays. It goes when it holds `max_events`, or
/// the next would make its events larger than `max_bytes`, or its first was accepted `max_wait`
/// ago. An event larger than `max_bytes` goes alone.
struct Batch {
  uint32_t max_events = 100;
  uint32_t max_bytes = 256u << 10;
  std::chrono::milliseconds max_wait{0};
  friend bool operator==(const Batch&, const Batch&) = default;
};

/// A token bucket: `per_second` POSTs in the long run, `burst` of them at once.
struct Rate {
  double per_second = 100;
  uint32_t burst = 1;
  friend bool operator==(const Rate&, const Rate&) = default;
};

/// When a destination is left alone after failures, and for how long. Failures are those that say
/// that the receiver is in trouble: no whole response, 3xx, 429, 5xx.
struct Breaker {
  uint32_t consecutive_failures = 10;  ///< in a row; not looked at when 0
  double failure_rate = 0.5;           ///< of the attempts in `window`; not looked at when above 1
  uint32_t min_attempts = 20;          ///< in `window`, before the rate counts
  std::chrono::milliseconds window{60'000};
  /// Open for a tenth of how long the outage has lasted, within these bounds.
  std::chrono::milliseconds delay{1'000};
  std::chrono::milliseconds max_delay{60'000};
  friend bool operator==(const Breaker&, const Breaker&) = default;
};

/// When a destination is disabled: nothing is sent there until it is enabled again.
struct Disabling {
  bool on_gone = true;  ///< after an answer 410
  /// After every attempt failed for so long. If not set, never.
  std::optional<std::chrono::milliseconds> failing_for = std::chrono::hours(5 * 24);
  bool when_retries_end = false;  ///< after a delivery that used up its retries
  bool drop_deliveries = false;   ///< its deliveries become dead; otherwise they wait
  friend bool operator==(const Disabling&, const Disabling&) = default;
};

struct Header {
  std::string name;
  base::Secret value;
  bool secret = false;  ///< whether whoever reads the destination must not see the value
  friend bool operator==(const Header&, const Header&) = default;
};

/// A named HTTP endpoint and its delivery policy, validated (see `config`). A value.
struct Destination {
  std::string tenant;
  std::string name;
  std::string uid;  ///< tells it from others that had its name; empty for one of the file
  std::string url;
  std::string display_name;
  std::string description;
  Labels labels;
  Labels annotations;
  Format format = Format::kStandard;
  std::string cloudevents_source;  ///< when empty, `/carillon/` and the tenant
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds total_timeout{15'000};
  uint32_t concurrency = 32;  ///< POSTs in flight at most
  bool adaptive = false;      ///< the limit moves between 1 and `concurrency`, see policy
  std::optional<Rate> rate;
  RetryPolicy retry;
  Order order;
  std::optional<Batch> batch;  ///< only with an array format
  std::optional<Breaker> breaker = Breaker{};
  Disabling disabling;
  bool enabled = true;
  SuccessRule success = SuccessRule::k2xx;
  std::vector<SigningKey> keys;    ///< one of them never expires, where there are any
  bool unsigned_requests = false;  ///< it has no keys, and that is meant
  /// Only with a kV1 key that never expires.
  base::SharedValue<HmacSignature> signature;
  std::vector<Header> headers;  ///< fit to be written into a head
  Authorization authorization;
  TlsSettings tls;
  friend bool operator==(const Destination&, const Destination&) = default;
};

}  // namespace carillon::model
