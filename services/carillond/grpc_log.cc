#include "grpc_log.h"

#include <grpc/support/log.h>

#include <atomic>
#include <string>
#include <string_view>

namespace carillon::server {
namespace {

constexpr std::chrono::seconds kInterval{10};
constexpr std::chrono::seconds kLastWait{1};

/// gRPC takes a plain function: this is where it finds the logger.
std::atomic<log::Logger*> g_logger{nullptr};

log::Level LevelOf(gpr_log_severity severity) {
  if (severity == GPR_LOG_SEVERITY_DEBUG) return log::Level::kDebug;
  // What gRPC calls an error is, at a server, mostly what a client did wrong.
  return severity == GPR_LOG_SEVERITY_INFO ? log::Level::kInfo : log::Level::kWarn;
}

void Write(gpr_log_func_args* args) {
  log::Logger* const logger = g_logger.load();
  if (logger == nullptr) return;
  const std::string_view file(args->file);
  const std::string place =
      std::string(file.substr(file.rfind('/') + 1)) + ":" + std::to_string(args->line);
  const std::string_view text(args->message);
  if (text.starts_with("assertion failed")) {  // the process aborts behind it
    logger->Error("gRPC gives up", {{"place", place}, {"text", text}});
    logger->Flush(kLastWait);
    return;
  }
  logger->Limited("grpc " + place, kInterval)
      .Log(LevelOf(args->severity), "gRPC", {{"place", place}, {"text", text}});
}

void Drop(gpr_log_func_args*) {}

}  // namespace

GrpcLog::GrpcLog(log::Logger& logger) {
  g_logger = &logger;
  gpr_set_log_function(&Write);
}

GrpcLog::~GrpcLog() {
  gpr_set_log_function(&Drop);
  g_logger = nullptr;
}

}  // namespace carillon::server
