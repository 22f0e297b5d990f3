#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "carillon/base/descriptors.h"
#include "carillon/config/config_file.h"
#include "carillon/log/log.h"
#include "exit_code.h"

namespace carillon::server {

/// The whole server: journal, delivery threads, gRPC, admin port. Made on one thread,
/// then run and destroyed on the main thread.
class Daemon {
 public:
  /// Opens and starts everything, keeping within `shares`; the admin port first, which answers
  /// while the store is opened, however long that takes. `opened` becomes true when it was.
  /// `exit_code` says how to end when it fails.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(
      config::Config config, const std::string& config_path, const base::DescriptorShares& shares,
      log::Logger& logger, std::atomic<bool>& opened, ExitCode& exit_code);
  virtual ~Daemon() = default;

  /// Reads the configuration again, soon; a wrong one is logged and changes nothing.
  virtual void Reload() = 0;

  /// Whether the journal failed: the caller ends the process with `failure()`.
  virtual bool failed() const = 0;
  /// kExitJournal, or kExitStore where the files are damaged: starting again would not help.
  virtual ExitCode failure() const = 0;

  /// Refuses new events, lets attempts in flight finish within the grace time, commits the
  /// watermark, ends the threads. `hurry` is asked now and then: true cancels what is in flight.
  virtual void Stop(const std::function<bool()>& hurry) = 0;
};

}  // namespace carillon::server
