#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <ostream>
#include <string_view>
#include <type_traits>
#include <variant>

#include "absl/strings/string_view.h"
#include "carillon/base/clock.h"
#include "carillon/base/secret.h"

namespace carillon::log {

enum class Level : uint8_t { kDebug, kInfo, kWarn, kError };

/// A named value of a line. Holds views: make it where the line is written, never keep it.
/// Values: text, whole numbers, floating-point numbers, bool, and Secret, which prints `***`.
struct Field {
  using Value = std::variant<std::string_view, int64_t, uint64_t, double, bool>;

  template <typename T>
  Field(std::string_view name, const T& v) : key(name), value(ToValue(v)) {}

  /// Not `time`, `level`, `message`: those are the line's own. Without one the field is left out.
  std::string_view key;
  Value value;

 private:
  template <typename T>
  static Value ToValue(const T& v) {
    if constexpr (std::is_same_v<T, base::Secret>) {
      return std::string_view("***");
    } else if constexpr (std::is_same_v<T, absl::string_view>) {
      return std::string_view(v.data(), v.size());
    } else if constexpr (std::is_same_v<T, bool>) {
      return v;
    } else if constexpr (std::floating_point<T>) {
      return static_cast<double>(v);
    } else if constexpr (std::signed_integral<T>) {
      return static_cast<int64_t>(v);
    } else if constexpr (std::unsigned_integral<T>) {
      return static_cast<uint64_t>(v);
    } else {
      return std::string_view(v);
    }
  }
};

using Fields = std::initializer_list<Field>;

/// What is noteworthy, one JSON object a line:
/// `{"time":"2024-05-01T12:00:00.123456Z","level":"info","message":"...", fields...}`.
///
/// A line is valid JSON and valid UTF-8 whatever it is given (bytes that are not UTF-8 become
/// U+FFFD) and at most kMaxLineBytes long with its newline: longer text is cut and ends in `...`,
/// fields for which no room is left are left out and `"truncated":true` says so.
///
/// Thread-safe. Nobody waits for the reader of a file descriptor: a thread of the logger's own
/// writes the lines, whole and in order. At most 1 MiB waits; past it lines are dropped, counted,
/// and told of by a line as soon as there is room. The destructor lets the last lines go out for at
/// most a second. What cannot be written is lost, as is what waits when the process is killed.
class Logger {
 public:
  static constexpr size_t kMaxLineBytes = 8 * 1024;
  static constexpr size_t kMaxLimitedKeys = 1024;

  /// Lines go to a file descriptor (2: standard error), which stays the caller's and outlives the
  /// logger, as the clock does.
  static std::unique_ptr<Logger> Create(int fd, Level level, const base::Clock& clock);
  /// Lines go to `out`, which outlives the logger and which nobody else writes to meanwhile.
  static std::unique_ptr<Logger> Create(std::ostream& out, Level level, const base::Clock& clock);
  virtual ~Logger() = default;

  void Debug(std::string_view message, Fields fields = {}) { Log(Level::kDebug, message, fields); }
  void Info(std::string_view message, Fields fields = {}) { Log(Level::kInfo, message, fields); }
  void Warn(std::string_view message, Fields fields = {}) { Log(Level::kWarn, message, fields); }
  void Error(std::string_view message, Fields fields = {}) { Log(Level::kError, message, fields); }
  virtual void Log(Level level, std::string_view message, Fields fields = {}) = 0;

  /// Waits until the lines so far are written, at most `most`. Returns whether they were. For who
  /// is about to end the process.
  virtual bool Flush(std::chrono::milliseconds most) = 0;
  /// Lines that were dropped because the reader was too slow.
  virtual uint64_t dropped() const = 0;

  /// Lines below `level` are not written.
  virtual void SetLevel(Level level) = 0;
  virtual bool Enabled(Level level) const = 0;

  /// For what can fail again and again: of the lines with the same `key` at most one is written
  /// per `interval`; it tells as `suppressed` how many were left out before it. At most
  /// kMaxLimitedKeys keys are known at a time; those that come while so many are in use share one
  /// further allowance.
  ///
  ///     logger.Limited("resolver").Warn("no address", {{"host", host}});
  class LimitedLogger;
  LimitedLogger Limited(std::string_view key,
                        std::chrono::nanoseconds interval = std::chrono::seconds(10));

 protected:
  virtual void LogLimited(std::string_view key, std::chrono::nanoseconds interval, Level level,
                          std::string_view message, Fields fields) = 0;
};

/// See Logger::Limited. Lives as long as the expression it is made in.
class Logger::LimitedLogger {
 public:
  void Debug(std::string_view message, Fields fields = {}) { Log(Level::kDebug, message, fields); }
  void Info(std::string_view message, Fields fields = {}) { Log(Level::kInfo, message, fields); }
  void Warn(std::string_view message, Fields fields = {}) { Log(Level::kWarn, message, fields); }
  void Error(std::string_view message, Fields fields = {}) { Log(Level::kError, message, fields); }
  void Log(Level level, std::string_view message, Fields fields = {}) {
    logger_.LogLimited(key_, interval_, level, message, fields);
  }

 private:
  friend class Logger;
  LimitedLogger(Logger& logger, std::string_view key, std::chrono::nanoseconds interval)
      : logger_(logger), key_(key), interval_(interval) {}

  Logger& logger_;
  std::string_view key_;
  std::chrono::nanoseconds interval_;
};

inline Logger::LimitedLogger Logger::Limited(std::string_view key,
                                             std::chrono::nanoseconds interval) {
  return {*this, key, interval};
}

}  // namespace carillon::log
