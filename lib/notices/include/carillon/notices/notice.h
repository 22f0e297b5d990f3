#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "carillon/base/clock.h"
#include "carillon/model/disabled_reason.h"
#include "carillon/model/outcome.h"

namespace carillon::notices {

/// What happened. The numbers are stored; never renumber.
enum class Kind : uint8_t {
  kBreakerOpened = 1,  ///< the first time since it was closed
  kBreakerClosed = 2,
  kDisabled = 3,
  kEnabled = 4,
  kPaused = 5,
  kResumed = 6,
  kDead = 7,     ///< deliveries were given up
  kEvicted = 8,  ///< the same, since too much was kept for the destination, or for too long
  kStarted = 9,  ///< the server
  kReloaded = 10,
  kReloadRefused = 11,
};
inline constexpr Kind kLastKind = Kind::kReloadRefused;

/// Something that happened to a destination, or to the server, once or several times.
struct Notice {
  static constexpr size_t kMaxText = 1000;

  std::string tenant;       ///< empty: of the server
  std::string destination;  ///< empty: the same
  std::string uid;          ///< tells the destination from others of its name; may be empty
  Kind kind = Kind::kStarted;
  base::WallTime first{};  ///< when it happened first
  base::WallTime last{};   ///< and last: to the microsecond, as `first`
  uint64_t count = 1;      ///< how often; of kDead and kEvicted, how many deliveries
  /// Of the last attempt before: kBreakerOpened and kDead.
  std::optional<model::Outcome> outcome;
  uint16_t http_status = 0;                       ///< the same; 0: there was none
  std::optional<model::DisabledReason> disabled;  ///< kDisabled
  std::string principal;  ///< who called, of kDisabled to kResumed; empty: nobody did
  /// Since when it was so: kBreakerOpened, since all attempts failed; kBreakerClosed, since it was
  /// open.
  std::optional<base::WallTime> since;
  std::string text;  ///< more about it, for people: of the server. Cut at kMaxText.
};

/// Takes what happened. Thread-safe; never waits for a disk or for a reader, never fails: what
/// there is no room for is left out and counted.
class Sink {
 public:
  virtual ~Sink() = default;
  /// What happened to one destination within an hour of the last time, of one kind, for one reason
  /// and by one principal, becomes one notice: the newer facts, `first` of the older, both counts.
  virtual void Add(Notice notice) = 0;
};

}  // namespace carillon::notices
