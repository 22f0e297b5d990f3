#include <google/protobuf/stubs/logging.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "../common/arguments.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "carillon/admin/against.h"
#include "carillon/base/descriptors.h"
#include "carillon/config/check.h"
#include "carillon/config/config_file.h"
#include "daemon.h"
#include "grpc_log.h"

namespace carillon::server {
namespace {

constexpr char kFooter[] =
    "Exit codes:\n"
    "  0  ended by SIGTERM or SIGINT, everything committed\n"
    "  1  could not start (a port is taken, too few file descriptors, ...); with --against: the\n"
    "     server could not be asked\n"
    "  2  wrong arguments or configuration\n"
    "  3  the store refused to open, or is damaged (see `carillon store verify`), made by a newer\n"
    "     version, or in use: starting again does not help\n"
    "  4  a write to the store failed, or its files were moved away; start again to recover what "
    "is\n"
    "     on disk\n"
    "Environment: CARILLON_CONFIG names the file where --config does not; "
    "CARILLON_PUBLISH_ADDRESS,\n"
    "CARILLON_ADMIN_ADDRESS, CARILLON_DATA_DIR and CARILLON_LOG_LEVEL stand against what it says.\n"
    "Signals: SIGTERM and SIGINT stop (twice: at once), SIGHUP reloads the configuration.";

constexpr size_t kStandardStreams = 3;

sigset_t HandledSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

/// Before the libraries' own initializers, which take most of the time that a start takes: from
/// here on a signal waits until somebody asks for it.
void BlockSignals(int, char**, char**) {
  const sigset_t set = HandledSignals();
  sigprocmask(SIG_BLOCK, &set, nullptr);
}
[[gnu::section(".preinit_array"), gnu::used]] void (*const kBlockSignals)(int, char**,
                                                                          char**) = &BlockSignals;

/// For what is no server: signals end it.
void UnblockSignals() {
  const sigset_t set = HandledSignals();
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

/// Before there is a second thread. The C library gives every thread an arena of its own, up to
/// eight a core, and what is free in one is of no use to the others: of 30,000 destinations that is
/// a tenth of all memory. Threads that compute at once are as many as cores. MALLOC_ARENA_MAX and
/// GLIBC_TUNABLES go before.
void BoundArenas() {
#ifdef M_ARENA_MAX
  constexpr unsigned kLeast = 4;
  constexpr unsigned kOfACore = 2;
  if (std::getenv("MALLOC_ARENA_MAX") != nullptr || std::getenv("GLIBC_TUNABLES") != nullptr)
    return;
  const unsigned cores = std::thread::hardware_concurrency();
  mallopt(M_ARENA_MAX, static_cast<int>(std::max(kLeast, kOfACore * cores)));
#endif
}

/// The next signal, or 0 after `millis`.
int NextSignal(const sigset_t& set, int millis) {
  const timespec timeout{millis / 1000, (millis % 1000) * 1'000'000L};
  const int signal = sigtimedwait(&set, nullptr, &timeout);
  return signal > 0 ? signal : 0;
}

/// Whether a stop was asked for already; it stays pending.
bool StopIsPending() {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

int CheckConfig(const std::string& path, config::Secrets secrets,
                const std::optional<std::string>& against) {
  const config::Checked checked = config::CheckFile(path, secrets);
  std::fprintf(checked.good ? stdout : stderr, "%s\n", checked.text.c_str());
  if (!checked.good) return kExitUsage;
  if (!against) return kExitOk;
  const admin::Comparison comparison =
      admin::CompareWithRunning(*checked.config, *against, admin::kAgainstTimeout);
  const bool done = comparison.result == admin::Compared::kDone;
  std::fprintf(done ? stdout : stderr, "%s\n", comparison.text.c_str());
  if (done) return kExitOk;
  return comparison.result == admin::Compared::kWrongUrl ? kExitUsage : kExitFailed;
}

log::Level ToLevel(v1::LogLevel level) {
  switch (level) {
    case v1::LOG_LEVEL_DEBUG:
      return log::Level::kDebug;
    case v1::LOG_LEVEL_WARN:
      return log::Level::kWarn;
    case v1::LOG_LEVEL_ERROR:
      return log::Level::kError;
    default:
      return log::Level::kInfo;
  }
}

/// What can't be had at the start (threads, event loops) is told, as everything else.
absl::StatusOr<std::unique_ptr<Daemon>> Start(config::Config config, const std::string& path,
                                              log::Logger& logger, std::atomic<bool>& opened,
                                              ExitCode& exit_code) {
  exit_code = kExitFailed;
  const size_t limit = base::RaiseDescriptorLimit();
  const size_t open = std::max<size_t>(base::OpenDescriptors(), kStandardStreams);
  const auto shares = base::ShareDescriptors(limit, open, config.delivery.threads());
  if (!shares.ok()) return shares.status();
  try {
    return Daemon::Start(std::move(config), path, *shares, logger, opened, exit_code);
  } catch (const std::exception& error) {
    exit_code = kExitFailed;
    return absl::ResourceExhaustedError(error.what());
  }
}

/// The same, but a stop need not wait until the store is open, which may take long: until then
/// nothing is accepted or sent, and ending the process loses nothing. Another thread looks for it:
/// what this one allocates, all of the configuration, comes from the C library's main arena, which
/// grows in steps of 32 pages; those of other threads grow page by page, each by a system call.
absl::StatusOr<std::unique_ptr<Daemon>> StartUnlessStopped(config::Config config,
                                                           const std::string& path,
                                                           log::Logger& logger,
                                                           ExitCode& exit_code) {
  constexpr absl::Duration kLook = absl::Milliseconds(50);
  std::atomic<bool> opened{false};
  absl::Notification started;
  const std::jthread looking([&] {
    while (!opened && !started.WaitForNotificationWithTimeout(kLook)) {
      if (opened || !StopIsPending()) continue;
      logger.Info("stopped before it started");
      logger.Flush(std::chrono::seconds(1));
      _exit(kExitOk);
    }
  });
  auto daemon = Start(std::move(config), path, logger, opened, exit_code);
  started.Notify();
  return daemon;
}

/// `from`: what the path came from, for errors.
int Run(const std::string& path, const std::string& from) {
  signal(SIGPIPE, SIG_IGN);
  BoundArenas();
  const sigset_t signals = HandledSignals();  // blocked: threads inherit that
  absl::StatusOr<config::Config> config = config::LoadConfig(path);
  if (!config.ok()) {
    std::fprintf(stderr, "carillond: %s%s\n", from.c_str(),
                 std::string(config.status().message()).c_str());
    return kExitUsage;
  }

  google::protobuf::SetLogHandler(nullptr);  // bad requests are answered, not logged
  // Abseil built without NDEBUG, as distributions do, looks for lock cycles in each lock of gRPC.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);

  const base::SystemClock clock;
  const auto logger =
      log::Logger::Create(STDERR_FILENO, ToLevel(config->server.log_level()), clock);
  const GrpcLog grpc_log(*logger);
  if (StopIsPending()) {
    logger->Info("stopped before it started");
    return kExitOk;
  }
  ExitCode exit_code = kExitOk;
  absl::StatusOr<std::unique_ptr<Daemon>> daemon =
      StartUnlessStopped(*std::move(config), path, *logger, exit_code);
  if (!daemon.ok()) {
    logger->Error("cannot start", {{"error", daemon.status().message()}});
    return exit_code;
  }
  constexpr int kLookMs = 100;
  while (!(*daemon)->failed()) {
    const int signal = NextSignal(signals, kLookMs);
    if (signal == SIGHUP) (*daemon)->Reload();
    if (signal != SIGTERM && signal != SIGINT) continue;
    (*daemon)->Stop([&] {
      const int again = NextSignal(signals, 1);
      return again == SIGTERM || again == SIGINT || (*daemon)->failed();
    });
    break;
  }
  if (!(*daemon)->failed()) return kExitOk;
  usleep(500'000);  // the answers that tell publishers are under way
  logger->Flush(std::chrono::seconds(1));
  _exit((*daemon)->failure());
}

int Main(int argc, char** argv) {
  CLI::App app{
      "carillond takes events over gRPC, keeps them, and POSTs them to every destination "
      "that subscribed."};
  app.footer(kFooter);
  std::string config_path;
  std::string check_path;
  auto* config_option = app.add_option("--config", config_path, "YAML configuration file");
  auto* check_option =
      app.add_option("--check-config", check_path, "Only check this file: exit code 0 or 2")
          ->excludes(config_option);
  bool no_secrets = false;
  app.add_flag("--no-secrets", no_secrets,
               "With --check-config: leave files and variables with secrets, keys and certificates "
               "alone")
      ->needs(check_option);
  std::string against;
  const auto* against_option =
      app.add_option(
             "--against", against,
             "With --check-config: http://HOST:PORT of a running server's admin port; say how "
             "many deliveries a reload with the file gives up, and whether it needs a restart")
          ->needs(check_option);
  bool core_dumps = false;
  app.add_flag("--core-dumps", core_dumps,
               "Let core dumps and debuggers have the memory, secrets included");
  app.set_version_flag("--version", "carillond " CARILLON_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return arguments::Explain(app, error, argc, argv) ? kExitOk : kExitUsage;
  }
  if (!check_path.empty()) {
    UnblockSignals();
    // An empty URL is wrong, and not the same as none.
    return CheckConfig(check_path, no_secrets ? config::Secrets::kSkip : config::Secrets::kRead,
                       against_option->count() > 0 ? std::optional(against) : std::nullopt);
  }
  std::string from;
  if (const char* variable = std::getenv("CARILLON_CONFIG");
      config_path.empty() && variable != nullptr && *variable != '\0') {
    config_path = variable;
    from = "CARILLON_CONFIG: ";
  }
  if (config_path.empty()) {
    std::fprintf(
        stderr,
        "carillond: --config FILE is needed, or the variable CARILLON_CONFIG; see carillond "
        "--help and docs/configuration.md\n");
    return kExitUsage;
  }
  // Before a secret is read: no core dump holds it, and no other process of this user reads it.
  if (!core_dumps) prctl(PR_SET_DUMPABLE, 0);
  return Run(config_path, from);
}

}  // namespace
}  // namespace carillon::server

int main(int argc, char** argv) { return carillon::server::Main(argc, argv); }
