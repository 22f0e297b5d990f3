#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/functional/any_invocable.h"
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
  absl::AnyInvocable<void()> done;
};

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

  /// Any thread. False after `Stop`: what was handed over was not taken.
  bool Add(AppendRequest& request);
  bool Add(SettleRequest& request);
  bool Add(InboxTask& task);

  /// Appends and settlements are held back until now; tasks are not.
  void Open();
  void Stop();

  /// Waits for work, at most until `deadline`; an empty group when that comes first.
  /// `hold_settlements`: leave them (the disk is full and was tried just now).
  Group Take(std::chrono::steady_clock::time_point deadline, bool hold_settlements);

 private:
  bool Ready(bool hold_settlements, std::chrono::steady_clock::time_point now) const;
  void TakeAppends(Group& group);
  void TakeSettlements(Group& group);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<AppendRequest> appends_;
  std::deque<SettleRequest> settlements_;
  std::vector<InboxTask> tasks_;
  std::chrono::steady_clock::time_point settlements_since_{};
  size_t settlement_rows_ = 0;
  bool open_ = false;
  bool stopping_ = false;
};

/// Number of rows a settlement writes; a long batch counts for several.
size_t RowCount(const Settlement& settlement);

}  // namespace carillon::journal
