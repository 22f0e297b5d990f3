#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/journal/journal.h"
#include "home.h"

namespace carillon::delivery {

/// What the shard has to tell the journal: collected, handed over in settlements, and counted until
/// it is durable. Dispatcher's thread.
class News {
 public:
  /// What a settlement carried, now that it is durable.
  struct Durable {
    std::vector<std::pair<journal::LaneId, base::WallTime>> parked;
    std::vector<journal::ParkedKey> unparked;
    std::vector<journal::LaneId> closed;
    size_t rows = 0;
  };

  News(const DispatcherOptions& options, const base::Clock& clock, journal::Journal& journal,
       const Home& home, std::function<void(const Durable&)> on_durable);

  void Add(const journal::AttemptRow& row) { Touch(), settlement_.attempts.push_back(row); }
  void Add(const journal::Dead& row) { Touch(), settlement_.dead.push_back(row); }
  void Add(journal::Parked row) {
    Touch();
    batch_.parked.emplace_back(row.lane, row.due);
    settlement_.parked.push_back(std::move(row));
  }
  void Add(const journal::ParkedKey& row) {
    Touch();
    settlement_.unparked.push_back(row);
    batch_.unparked.push_back(row);
  }
  /// Where a lane stands; not counted as a row, and in no hurry.
  void Add(const journal::LaneCursor& cursor) { settlement_.cursors.push_back(cursor); }
  void Add(const journal::LaneHealth& row) { Touch(), settlement_.healths.push_back(row); }
  /// An event of Carillon's own.
  void Add(std::shared_ptr<model::Event> event) {
    Touch();
    settlement_.events.push_back(std::move(event));
  }
  /// The lane is gone; all its rows were added before.
  void AddClosed(journal::LaneId lane) { Touch(), batch_.closed.push_back(lane); }

  /// Whether a settlement is to be sent by now.
  bool Due(base::MonoTime now) const {
    return MaySend() && batch_.rows > 0 && (batch_.rows >= kFullRows || now >= send_at_);
  }
  bool Full() const { return MaySend() && batch_.rows >= kFullRows; }
  /// When it will be; nothing: there is no news, or the journal is to answer first.
  std::optional<base::MonoTime> SendAt() const {
    return MaySend() && batch_.rows > 0 ? std::optional(send_at_) : std::nullopt;
  }
  /// Bounds how many settlements wait for the disk.
  bool MaySend() const { return outstanding_.size() < kMaxOutstanding; }
  /// Hands over what was collected, if there is anything new. Only when `MaySend`.
  void Send(uint64_t watermark);

  /// Rows not yet durable.
  size_t rows() const { return batch_.rows + outstanding_rows_; }
  /// Everything was told and is durable, up to `watermark`.
  bool Quiet(uint64_t watermark) const {
    return batch_.rows == 0 && settlement_.cursors.empty() && outstanding_.empty() &&
           watermark_ == watermark;
  }

 private:
  static constexpr size_t kFullRows = 512;
  static constexpr size_t kMaxOutstanding = 4;

  void Touch() {
    if (batch_.rows++ == 0) send_at_ = clock_.Mono() + interval_;
  }
  void OnDurable();

  const uint32_t shard_;
  const std::chrono::milliseconds interval_;
  const base::Clock& clock_;
  journal::Journal& journal_;
  const Home& home_;
  const std::function<void(const Durable&)> on_durable_;
  journal::Settlement settlement_;
  Durable batch_;  // of settlement_
  base::MonoTime send_at_{};
  std::deque<Durable> outstanding_;
  size_t outstanding_rows_ = 0;
  uint64_t watermark_;  // last told
};

}  // namespace carillon::delivery
