#include "journal_watch.h"

#include "storage_errors.h"

namespace carillon::server {

journal::SqliteJournalHooks JournalWatch::Hooks() {
  journal::SqliteJournalHooks hooks;
  hooks.on_commit = [this](size_t events, size_t rows, std::chrono::nanoseconds took) {
    metrics_.ObserveCommit(took, events, rows);
  };
  hooks.on_error = [this](journal::Operation operation, const absl::Status& why) {
    CountStorageError(metrics_, operation, why);
  };
  hooks.on_sync = [this](std::chrono::nanoseconds took) { metrics_.ObserveSync(took); };
  hooks.on_fatal = [this](absl::Status why) { OnFatal(why); };
  hooks.on_notice = [this](const std::string& message) {
    logger_.Info(message, {{"data_dir", data_dir_}});
  };
  return hooks;
}

void JournalWatch::OnFatal(const absl::Status& why) {
  const bool damaged = absl::IsDataLoss(why);
  logger_.Error(damaged ? "the journal is damaged; the process ends"
                        : "the journal failed; the process ends, and recovers at its next start",
                {{"error", why.message()}});
  health_.SetFailed("the journal failed");
  if (damaged) failure_.store(kExitStore);
  failed_.store(true);
}

}  // namespace carillon::server
