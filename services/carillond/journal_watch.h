#pragma once

#include <atomic>
#include <string>

#include "carillon/admin/health.h"
#include "carillon/journal/sqlite_journal.h"
#include "carillon/log/log.h"
#include "carillon/metrics/metrics.h"
#include "exit_code.h"

namespace carillon::server {

/// Handles what the journal reports: updates metrics, writes log lines, and notes a failure that
/// ends the process. Thread-safe.
class JournalWatch {
 public:
  /// All outlive it; lines of the log name `data_dir`.
  JournalWatch(metrics::Metrics& metrics, admin::Health& health, log::Logger& logger,
               std::string data_dir)
      : metrics_(metrics), health_(health), logger_(logger), data_dir_(std::move(data_dir)) {}

  /// Returns the hooks to open a journal with. This object outlives that journal.
  journal::SqliteJournalHooks Hooks();

  /// Returns true once the journal has failed for good. The process then ends with `failure()`:
  /// kExitJournal, or kExitStore if the files are damaged.
  bool failed() const { return failed_.load(); }
  ExitCode failure() const { return failure_.load(); }

 private:
  void OnFatal(const absl::Status& why);

  metrics::Metrics& metrics_;
  admin::Health& health_;
  log::Logger& logger_;
  const std::string data_dir_;
  std::atomic<bool> failed_{false};
  std::atomic<ExitCode> failure_{kExitJournal};
};

}  // namespace carillon::server
