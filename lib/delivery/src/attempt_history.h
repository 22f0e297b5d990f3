#pragma once

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "attempts.h"
#include "carillon/base/clock.h"
#include "carillon/delivery/history_options.h"
#include "carillon/deliverylog/record.h"
#include "carillon/http/courier.h"
#include "carillon/model/outcome.h"
#include "carillon/store/lane_state.h"

namespace carillon::delivery {

/// Tells the delivery log of attempts that ended, and keeps details of those that the setting
/// names: of a destination kBurst at once, and kPerSecond in the long run, so that one that fails
/// fast does not fill the log. Tells the statistics of them too, and of what was given up. Decides
/// nothing. Dispatcher's thread; what is given outlives it.
class AttemptHistory {
 public:
  static constexpr double kBurst = 100;
  static constexpr double kPerSecond = 10;
  static constexpr std::chrono::seconds kSampleEvery{60};
  /// Destinations whose allowances are known; those beyond begin anew.
  static constexpr size_t kMaxLanes = 65'536;

  AttemptHistory(const HistoryOptions& options, uint32_t shard, const base::Clock& clock)
      : options_(options), shard_(shard), clock_(clock) {}

  /// What of the response is to be kept for it.
  void Want(http::Request& request) const;
  /// The attempt left its deliveries in `state`; `next` is when they are tried again. Before they
  /// are taken from it.
  void Add(const Attempt& attempt, model::Outcome outcome, const http::Response& response,
           deliverylog::State state, base::WallTime next);
  /// A delivery of the lane was given up, after an attempt or without one.
  void AddDead(const Lane& lane);

 private:
  /// When an attempt was under way.
  struct Span {
    base::WallTime started{};
    uint32_t us = 0;
    base::WallTime ended() const { return started + std::chrono::microseconds(us); }
  };
  struct Allowance {
    double left = kBurst;
    base::MonoTime at{};
    base::MonoTime sample_at{};
  };
  void Log(const Attempt& attempt, model::Outcome outcome, const http::Response& response,
           deliverylog::State state, base::WallTime next, const Span& span);
  void Count(const Attempt& attempt, model::Outcome outcome, const http::Response& response,
             deliverylog::State state, const Span& span);
  bool Allows(store::LaneId lane, bool success);
  deliverylog::Detail DetailOf(const Attempt& attempt, const http::Response& response,
                               base::WallTime started) const;

  const HistoryOptions options_;
  const uint32_t shard_;
  const base::Clock& clock_;
  absl::flat_hash_map<store::LaneId, Allowance> allowances_;
};

}  // namespace carillon::delivery
