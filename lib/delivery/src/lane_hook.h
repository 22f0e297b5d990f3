#pragma once

#include <boost/intrusive/set_hook.hpp>
#include <chrono>
#include <cstdint>

#include "carillon/base/clock.h"

namespace carillon::delivery {

class LaneScheduler;

/// Why a lane comes for a place under the caps.
enum class LaneTry : uint8_t {
  kFirst,  ///< It has not waited.
  kEnd,    ///< It has, until an attempt of its shard ended.
  kLook    ///< It has, until a look found a place.
};

/// A lane's places in the queues of the LaneScheduler, which alone reads and writes it, so that a
/// lane is listed and taken off without an allocation.
class LaneHook {
 protected:
  LaneHook() = default;
  LaneHook(const LaneHook&) = delete;
  LaneHook& operator=(const LaneHook&) = delete;
  ~LaneHook() = default;  // it must not be listed by any time any more

 private:
  friend class LaneScheduler;
  using TimeHook = boost::intrusive::set_member_hook<boost::intrusive::optimize_size<true>>;

  TimeHook wake_;
  TimeHook due_;
  base::MonoTime wake_at_{};     // while it is listed by it
  base::WallTime due_at_{};      // the same...
  base::WallTime due_wanted_{};  // ...and what that was made of
  std::chrono::nanoseconds due_horizon_{0};
  uint8_t listed_ = 0;             // needs, a bit for each
  uint8_t queued_ = 0;             // queues in which it stands, if only because nobody took it off
  bool capped_ = false;            // waits until others in flight end
  LaneTry try_ = LaneTry::kFirst;  // why it comes for a place
};

}  // namespace carillon::delivery
