#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/http/courier.h"
#include "carillon/model/destination.h"
#include "retry_clock.h"
#include "sim_store.h"

namespace carillon::delivery {

/// No retry before its time. What the policy and Retry-After asked for when an attempt failed holds
/// for the next attempt of that delivery, whatever happens between: parking, eviction, a restart,
/// disabling and enabling, another policy, another format. Except for the rest of a batch that was
/// taken apart and is held behind its first: it goes after that, or at once if order is given up.
class SimRetryTimes {
 public:
  SimRetryTimes(const SimStore& store, const base::Clock& clock)
      : store_(store), clock_(clock), retry_clock_(std::in_place, clock) {}

  /// The process is another one: a failure that is not on disk is as if it had not been. If the
  /// clock was set back, rows are due later by the clock than was asked for, or brought forward.
  void NewLife() {
    if (retry_clock_->Now() > clock_.Wall()) asked_.clear();
    std::erase_if(asked_, [this](const auto& entry) {
      const auto row = store_.row_of.find(entry.first);
      return row == store_.row_of.end() ||
             store_.parked.at(row->second).attempts < entry.second.failures;
    });
    retry_clock_.emplace(clock_).Now();
    clock_set_ = false;
  }
  /// Somebody set the clock. Retries are due by the time of day: no time that was asked for before
  /// says any more when they go.
  void OnClockSet() {
    asked_.clear();
    clock_set_ = true;
    retry_clock_->Now();
  }

  void OnStart(store::LaneId lane, const std::vector<uint64_t>& positions) {
    const base::WallTime now = retry_clock_->Now();  // of every dispatcher, if nobody set the clock
    for (const uint64_t position : positions) {
      const auto row = store_.row_of.find({lane, position});
      const bool held = row != store_.row_of.end() && !SimStore::IsTimed(row->second);
      const auto asked = asked_.find({lane, position});
      if (asked != asked_.end() && !held) {
        EXPECT_GE(clock_.Mono(), asked->second.at)
            << "position " << position << " of lane " << lane << " is tried again "
            << Millis(asked->second.at - clock_.Mono()) << " ms before its time, after "
            << asked->second.failures << " failures" << RowOf({lane, position});
        ++checked_;
      }
      if (asked != asked_.end()) asked_.erase(asked);
      if (clock_set_ || held || row == store_.row_of.end()) continue;
      // One that is far ahead is of a life before the clock was set back: it is brought forward.
      const std::chrono::nanoseconds early = std::get<1>(row->second).time() - now;
      EXPECT_TRUE(early.count() <= 0 || early > kBroughtForward)
          << "position " << position << " of lane " << lane << " goes " << Millis(early)
          << " ms before its row is due";
    }
  }

  /// An attempt ended; `destination` as it is in force, null if there is none.
  void OnEnd(store::LaneId lane, const std::vector<uint64_t>& positions, bool success,
             const http::Response& response, const model::Destination* destination) {
    // Nothing was asked of what was not made, and nothing new of what did not come to its end.
    if (response.wire == model::Outcome::kLocalShortage) return;
    const bool cancelled = response.wire == model::Outcome::kCancelled;
    uint32_t failures = 1;
    for (const uint64_t position : positions) {
      asked_.erase({lane, position});
      const auto row = store_.row_of.find({lane, position});
      if (row == store_.row_of.end()) continue;
      failures = std::max(failures, store_.parked.at(row->second).attempts + 1);
    }
    if (success || cancelled || destination == nullptr) return;
    const model::RetryPolicy& retry = destination->retry;
    if (failures > retry.delays.size()) return;  // it is dead
    const Duration longest = retry.retry_after_cap;
    const base::MonoTime at =
        clock_.Mono() + std::max(Shortest(retry, failures), std::min(AskedBy(response), longest));
    for (const uint64_t position : positions) asked_[{lane, position}] = {at, failures};
  }

  /// Retries whose time was looked at.
  size_t checked() const { return checked_; }

 private:
  using Duration = std::chrono::nanoseconds;
  struct Asked {
    base::MonoTime at{};
    uint32_t failures = 0;
  };
  // No policy here waits for as long.
  static constexpr std::chrono::minutes kBroughtForward{30};

  static int64_t Millis(Duration duration) { return duration.count() / 1'000'000; }

  /// Of its row, for a message.
  std::string RowOf(const SimStore::Pair& delivery) const {
    const auto row = store_.row_of.find(delivery);
    if (row == store_.row_of.end()) return ", without a row";
    const SimStore::Row& parked = store_.parked.at(row->second);
    const Duration due = std::get<1>(row->second).time() - clock_.Wall();
    return ", with a row of " + std::to_string(parked.attempts) + " attempts" +
           (SimStore::IsTimed(row->second) ? ", due in " + std::to_string(Millis(due)) + " ms"
                                           : "");
  }
  /// The delay after so many failures with the least that jitter makes of it.
  static Duration Shortest(const model::RetryPolicy& retry, uint32_t failures) {
    const auto delay = static_cast<double>(retry.delays[failures - 1].count());
    return std::chrono::milliseconds(static_cast<int64_t>(delay * (1 - retry.jitter)));
  }
  /// What a whole response asked for in seconds.
  static Duration AskedBy(const http::Response& response) {
    const std::string text(response.retry_after);
    const bool number = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    const bool whole = response.wire == model::Outcome::kSuccess;
    return std::chrono::seconds(whole && number ? std::stoi(text) : 0);
  }

  const SimStore& store_;
  const base::Clock& clock_;
  std::optional<RetryClock> retry_clock_;
  bool clock_set_ = false;  // in this life
  std::map<SimStore::Pair, Asked> asked_;
  size_t checked_ = 0;
};

}  // namespace carillon::delivery
