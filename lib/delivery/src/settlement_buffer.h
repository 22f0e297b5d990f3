#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "carillon/base/clock.h"
#include "carillon/store/lane_state.h"
#include "carillon/store/parked.h"
#include "carillon/store/settlement.h"
#include "lane_scheduler.h"
#include "router.h"
#include "shard_journal.h"

namespace carillon::delivery {

/// What the shard has to tell the journal: collected, handed over in settlements, and counted until
/// it is durable. Dispatcher's thread; what is given outlives it.
///
/// What lanes have to report goes with it: their rows, health and durable cursors. These and the
/// watermark are taken at the same instant and written in one transaction: what the watermark
/// passes unsettled, a row or a cursor covers.
///
/// When the store does not take one (another owner has the shard, or the store failed) nothing is
/// handed over any more, and `on_failed` says so once.
class SettlementBuffer {
 public:
  /// What a settlement carried, now that it is durable.
  struct Durable {
    std::vector<std::pair<store::LaneId, store::Due>> parked;
    std::vector<store::ParkedKey> unparked;
    std::vector<store::LaneId> closed;
    size_t rows = 0;
    std::vector<absl::AnyInvocable<void(absl::Status)>> told;
  };

  SettlementBuffer(const DispatcherOptions& options, const base::Clock& clock,
                   ShardJournal& journal, LaneScheduler& scheduler, const Router& router,
                   std::function<void(const Durable&)> on_durable,
                   std::function<void(const absl::Status&)> on_failed);
  ~SettlementBuffer();

  void Add(const store::AttemptRow& row) { Touch(), settlement_.attempts.push_back(row); }
  void Add(const store::DeadLetter& row) { Touch(), settlement_.dead.push_back(row); }
  void Add(store::Parked row) {
    Touch();
    batch_.parked.emplace_back(row.lane, row.due);
    settlement_.parked.push_back(std::move(row));
  }
  void Add(const store::ParkedKey& row) {
    Touch();
    settlement_.unparked.push_back(row);
    batch_.unparked.push_back(row);
  }
  /// An event of Carillon's own.
  void Add(std::shared_ptr<model::Event> event) {
    Touch();
    settlement_.events.push_back(std::move(event));
  }
  /// `done`, once: OK when what was added before, and what lanes have to report now, is durable;
  /// UNAVAILABLE when that is not known, or will not be: also when this ends. It calls back nothing
  /// of this.
  void Tell(absl::AnyInvocable<void(absl::Status)> done);
  /// The lane is gone; all its rows were added before.
  void AddClosed(store::LaneId lane) { Touch(), batch_.closed.push_back(lane); }

  /// Takes the rows and the health that lanes have to report.
  void Collect();

  /// Whether a settlement is to be sent by now.
  bool Due(base::MonoTime now) const {
    return MaySend() && batch_.rows > 0 && (batch_.rows >= kFullRows || now >= send_at_);
  }
  /// When it will be; nothing: there is nothing to tell, or the journal is to answer first.
  std::optional<base::MonoTime> SendAt() const {
    return MaySend() && batch_.rows > 0 ? std::optional(send_at_) : std::nullopt;
  }
  /// Hands over what there is, if there is anything new and not too much waits for the disk.
  void Send();

  /// Rows not yet durable.
  size_t rows() const { return batch_.rows + outstanding_rows_; }
  /// Everything was told and is durable, up to the watermark.
  bool Quiet() const {
    return batch_.rows == 0 && settlement_.cursors.empty() && outstanding_.empty() &&
           watermark_ == router_.Watermark();
  }

 private:
  static constexpr size_t kFullRows = 512;
  static constexpr size_t kMaxOutstanding = 4;

  /// Bounds how many settlements wait for the disk.
  bool MaySend() const { return outstanding_.size() < max_outstanding_ && !failed_; }
  void Touch() {
    if (batch_.rows++ == 0) send_at_ = clock_.Mono() + interval_;
  }
  void CollectCursors();
  void OnDurable();
  void Fail(const absl::Status& status);
  /// Answers those who wait for what is not durable.
  void TellAll(const absl::Status& status);

  const std::chrono::milliseconds interval_;
  const size_t max_outstanding_;
  const base::Clock& clock_;
  ShardJournal& journal_;
  LaneScheduler& scheduler_;
  const Router& router_;
  const std::function<void(const Durable&)> on_durable_;
  const std::function<void(const absl::Status&)> on_failed_;
  store::Settlement settlement_;
  Durable batch_;  // of settlement_
  base::MonoTime send_at_{};
  std::deque<Durable> outstanding_;
  size_t outstanding_rows_ = 0;
  uint64_t watermark_;   // last told
  bool failed_ = false;  // nothing is told any more
};

}  // namespace carillon::delivery
