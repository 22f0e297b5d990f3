#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "carillon/journal/journal.h"
#include "id_hash.h"

namespace carillon::journal {

struct AppendRequest {
  std::vector<std::shared_ptr<model::Event>> events;
  std::vector<IdHash> ids;  ///< of the events, in their order
  AppendDone done;
  size_t bytes = 0;
};

struct SettleRequest {
  Settlement settlement;
  std::vector<IdHash> ids;  ///< of the settlement's events, in their order
  absl::AnyInvocable<void(absl::Status)> done;
};

/// Tells who asked, if anybody is to be told.
inline void Answer(SettleRequest& request, absl::Status status) {
  if (request.done) request.done(std::move(status));
}

/// Something else to be done on the journal thread, between two groups.
using InboxTask = absl::AnyInvocable<void()>;

/// What the journal thread does next, in one turn.
struct Group {
  std::vector<AppendRequest> appends;
  std::vector<SettleRequest> settlements;
  std::vector<InboxTask> tasks;
  bool stopping = false;  ///< and nothing is left in the inbox
};

/// Where everybody leaves work for the journal thread. Appends are taken at once; settlements
/// alone wait a moment, so that they share a sync. A group is bounded in events, bytes and rows.
class Inbox {
 public:
  static constexpr size_t kMaxEvents = 8192;
  static constexpr size_t kMaxBytes = 16 << 20;
  static constexpr size_t kMaxRows = 65'536;

  /// `clock` outlives it.
  explicit Inbox(const base::Clock& clock) : clock_(clock) {}

  /// Any thread. False after `Stop`: what was handed over was not taken.
  bool Add(AppendRequest& request);
  bool Add(SettleRequest& request);
  bool Add(InboxTask& task);

  /// Appends and settlements are held back until now; tasks are not.
  void Open();
  void Stop();

  /// Waits for work, at most until `deadline`; an empty group when that comes first.
  /// `hold_settlements`: leave them (the disk is full and was tried just now).
  Group Take(base::MonoTime deadline, bool hold_settlements);

 private:
  bool Ready(bool hold_settlements, base::MonoTime now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeAppends(Group& group) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeSettlements(Group& group) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const base::Clock& clock_;
  base::Mutex mutex_;
  base::CondVar wake_;
  std::deque<AppendRequest> appends_ ABSL_GUARDED_BY(mutex_);
  std::deque<SettleRequest> settlements_ ABSL_GUARDED_BY(mutex_);
  std::vector<InboxTask> tasks_ ABSL_GUARDED_BY(mutex_);
  base::MonoTime settlements_since_ ABSL_GUARDED_BY(mutex_){};
  size_t settlement_rows_ ABSL_GUARDED_BY(mutex_) = 0;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

/// Number of rows a settlement writes; a long batch counts for several.
size_t RowCount(const Settlement& settlement);

}  // namespace carillon::journal
