#include "carillon/log/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/ostream_sink.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include "carillon/log/limiter.h"
#include "line.h"
#include "line_writer.h"

namespace carillon::log {
namespace {

/// Hands lines to a LineWriter.
class QueueSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit QueueSink(LineWriter& writer) : writer_(writer) {}

 private:
  void sink_it_(const spdlog::details::log_msg& msg) override {
    spdlog::memory_buf_t line;
    formatter_->format(msg, line);
    writer_.Push({line.data(), line.size()});
  }

  void flush_() override {}

  LineWriter& writer_;
};

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

class LoggerImpl final : public Logger {
 public:
  LoggerImpl(spdlog::sink_ptr sink, Level level, const base::Clock& clock)
      : clock_(clock), level_(level), logger_("carillon", std::move(sink)) {
    SetUp();
  }

  LoggerImpl(int fd, Level level, const base::Clock& clock)
      : clock_(clock),
        level_(level),
        writer_(std::make_unique<LineWriter>(
            fd, [this](uint64_t dropped) { return TellDropped(dropped); })),
        logger_("carillon", std::make_shared<QueueSink>(*writer_)) {
    SetUp();
  }

  bool Flush(std::chrono::milliseconds most) override {
    return writer_ == nullptr || writer_->Flush(most);
  }

  uint64_t dropped() const override { return writer_ == nullptr ? 0 : writer_->dropped(); }

  void Log(Level level, std::string_view message, Fields fields) override {
    if (Enabled(level)) Write(level, message, fields, 0);
  }

  void SetLevel(Level level) override { level_.store(level, std::memory_order_relaxed); }

  bool Enabled(Level level) const override {
    return level >= level_.load(std::memory_order_relaxed);
  }

 private:
  void LogLimited(std::string_view key, std::chrono::nanoseconds interval, Level level,
                  std::string_view message, Fields fields) override {
    if (!Enabled(level)) return;
    const std::optional<uint64_t> suppressed = limiter_.Allow(key, clock_.Mono(), interval);
    if (suppressed) Write(level, message, fields, *suppressed);
  }

  void SetUp() {
    logger_.set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, "\n"));
    logger_.set_level(spdlog::level::trace);               // `level_` decides
    logger_.set_error_handler([](const std::string&) {});  // its own would not be a JSON line
  }

  std::string TellDropped(uint64_t dropped) const {
    return FormatLine(clock_.Wall(), Level::kWarn,
                      "log lines were dropped: whoever reads them was too slow",
                      {{"dropped", dropped}}) +
           "\n";
  }

  void Write(Level level, std::string_view message, Fields fields, uint64_t suppressed) {
    const std::string line = FormatLine(clock_.Wall(), level, message, fields, suppressed);
    logger_.log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
  }

  const base::Clock& clock_;
  std::atomic<Level> level_;
  const std::unique_ptr<LineWriter> writer_;  ///< none: lines go to a stream
  spdlog::logger logger_;
  Limiter limiter_{kMaxLimitedKeys};
};

}  // namespace

std::unique_ptr<Logger> Logger::Create(int fd, Level level, const base::Clock& clock) {
  return std::make_unique<LoggerImpl>(fd, level, clock);
}

std::unique_ptr<Logger> Logger::Create(std::ostream& out, Level level, const base::Clock& clock) {
  return std::make_unique<LoggerImpl>(
      std::make_shared<spdlog::sinks::ostream_sink_mt>(out, /*force_flush=*/true), level, clock);
}

}  // namespace carillon::log
