#pragma once

#include <chrono>
#include <cstdint>

namespace carillon::base {

/// A time of day, to show and to store: nanoseconds since 1970-01-01T00:00:00Z. May jump.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

/// A time to measure and to wait with. Never goes back.
using MonoTime = std::chrono::steady_clock::time_point;

/// The two clocks. Everything that decides is given one; only `main` makes the real one.
/// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime Wall() const = 0;
  virtual MonoTime Mono() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  WallTime Wall() const override {
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  }
  MonoTime Mono() const override { return std::chrono::steady_clock::now(); }
};

/// A clock that moves only when told to. For tests and the simulation; one thread.
class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(WallTime wall = WallTime(std::chrono::seconds(1'700'000'000)))
      : wall_(wall), mono_(std::chrono::hours(1)) {}
  WallTime Wall() const override { return wall_; }
  MonoTime Mono() const override { return mono_; }
  /// Both clocks move on.
  void Advance(std::chrono::nanoseconds by) {
    wall_ += by;
    mono_ += by;
  }
  /// Only the time of day jumps (also back).
  void JumpWall(std::chrono::nanoseconds by) { wall_ += by; }

 private:
  WallTime wall_;
  MonoTime mono_;
};

/// Nanoseconds since the epoch, as stored.
inline int64_t ToUnixNanos(WallTime t) { return t.time_since_epoch().count(); }
inline WallTime FromUnixNanos(int64_t ns) { return WallTime(std::chrono::nanoseconds(ns)); }
/// Whole seconds since the epoch, rounded down.
inline int64_t ToUnixSeconds(WallTime t) {
  return std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count();
}

}  // namespace carillon::base
