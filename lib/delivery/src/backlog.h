#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "carillon/journal/journal.h"
#include "home.h"
#include "lane_map.h"
#include "lane_scheduler.h"

namespace carillon::delivery {

/// Serves the lanes that fell behind, from journal reads: in turn (LaneNeed::kBacklog), a few reads
/// at a time. What one lane asked for is offered to those that wait at about the same place too, so
/// that lanes that fell behind together share reads, events and encoded bodies. What a lane kept
/// comes first, and is its own. Dispatcher's thread.
class Backlog {
 public:
  /// What it needs to know of the shard.
  struct View {
    std::function<uint64_t()> next;  ///< the next position to route: a lane there has caught up
    std::function<bool(uint64_t position, journal::LaneId lane)> was_settled;
    /// A kept row was taken whose event is gone.
    std::function<void(Lane& lane, const journal::DueDelivery& row)> on_lost;
    std::function<void()> on_read;  ///< after all were served
  };

  Backlog(size_t read_bytes, journal::Journal& journal, const Home& home, LaneMap& lanes,
          LaneScheduler& scheduler, HeldEvents& held, View view);

  /// Starts reads for those whose turn it is.
  void Run();

 private:
  static constexpr int kReads = 2;
  static constexpr size_t kSharers = 16;
  static constexpr size_t kKeptRows = 128;  // of one read

  /// What was asked for: events from `from` on. Below `next` there were all when it was asked.
  struct Range {
    uint64_t from = 0;
    uint64_t next = 0;
  };
  /// The answer for one lane: all events of the range, up to some position.
  void OnRead(journal::LaneId asked, Range range, const journal::EventBatch& batch);
  void Serve(Lane& lane, Range range, const journal::EventBatch& batch);
  void AskForKept(Lane& lane);
  void OnKept(journal::LaneId asked, uint64_t from, const journal::DueDeliveries& answer);

  const size_t read_bytes_;
  journal::Journal& journal_;
  const Home& home_;
  LaneMap& lanes_;
  LaneScheduler& scheduler_;
  HeldEvents& held_;
  const View view_;
  int reads_ = 0;
  std::vector<HeldRef> shared_;  // of the batch being served
};

}  // namespace carillon::delivery
