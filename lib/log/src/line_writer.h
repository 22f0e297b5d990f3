#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace carillon::log {

/// Carries lines to a file descriptor on a thread of its own, so that a reader that is stuck (a
/// pipe that is full) holds nobody up. Thread-safe.
///
/// What waits is bounded by `max_bytes`: a line for which there is no room is dropped and counted,
/// and `tell(n)` makes the line that says so, written as soon as there is room again.
class LineWriter {
 public:
  static constexpr size_t kMaxBytes = 1 << 20;
  /// How long the destructor lets the last lines go out.
  static constexpr std::chrono::milliseconds kLastWait{1'000};

  /// `fd` stays the caller's. `tell` is called on the thread; never after the destructor, and it
  /// pushes nothing.
  LineWriter(int fd, std::function<std::string(uint64_t dropped)> tell,
             size_t max_bytes = kMaxBytes);
  /// Writes what waits, for at most kLastWait. A thread that a stuck reader holds is left behind
  /// with what it needs, and ends with the process.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  /// Never blocks. `line` ends in a line feed.
  void Push(std::string_view line);
  /// Waits until what was pushed is written, at most `most`; false: it was not.
  bool Flush(std::chrono::milliseconds most);
  uint64_t dropped() const;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace carillon::log
