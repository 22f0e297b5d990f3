#pragma once

#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "carillon/base/clock.h"

namespace carillon::http {

/// A place in a ring of deadlines; unlinks itself when it goes.
struct DeadlineLink {
  DeadlineLink() = default;
  DeadlineLink(const DeadlineLink&) = delete;
  DeadlineLink& operator=(const DeadlineLink&) = delete;
  ~DeadlineLink() { Unlink(); }

  bool linked() const { return next != this; }
  void Unlink() {
    prev->next = next;
    next->prev = prev;
    prev = next = this;
  }
  void LinkBefore(DeadlineLink& other) {
    prev = other.prev;
    next = &other;
    prev->next = next->prev = this;
  }

  DeadlineLink* prev = this;
  DeadlineLink* next = this;
};

/// Something that must end in time. Embedded in what it bounds: setting and clearing it costs a
/// few pointers and no timer.
class Deadline : private DeadlineLink {
 public:
  virtual void OnDeadline() = 0;
  void ClearDeadline() { Unlink(); }

 protected:
  ~Deadline() = default;

 private:
  friend class DeadlineWheel;
  uint64_t tick_ = 0;
};

/// Calls deadlines when they have passed: never early, at most a tick (8 ms) late on an idle
/// thread. One timer for all of them, which runs only while one is set. Used on the thread that
/// runs the executor's context; outlives what is set in it.
class DeadlineWheel {
 public:
  /// `clock` outlives it.
  DeadlineWheel(boost::asio::io_context::executor_type executor, const base::Clock& clock);
  DeadlineWheel(const DeadlineWheel&) = delete;
  DeadlineWheel& operator=(const DeadlineWheel&) = delete;

  /// Sets `deadline`, in place of what it was set to before.
  void Set(Deadline& deadline, base::MonoTime at);

 private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        boost::asio::io_context::executor_type>;
  static constexpr std::chrono::milliseconds kTick{8};
  static constexpr uint64_t kSlots = 1024;  // a turn takes 8 s; longer deadlines wait for theirs

  uint64_t TickOf(base::MonoTime at) const;
  std::optional<uint64_t> NextTick() const;
  void Arm(uint64_t tick);
  void OnTimer();
  void CollectDue(uint64_t slot, DeadlineLink& due);

  const base::Clock& clock_;
  const base::MonoTime origin_;
  Timer timer_;
  std::array<DeadlineLink, kSlots> slots_;
  uint64_t current_ = 0;                                  // every tick up to this one was looked at
  std::optional<uint64_t> armed_;                         // what the timer waits for
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // a late timer call sees whether it is
};

}  // namespace carillon::http
