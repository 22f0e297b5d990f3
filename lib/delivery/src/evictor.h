#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/journal/journal.h"
#include "carillon/metrics/metrics.h"
#include "dead_letters.h"
#include "lane_map.h"
#include "lane_scheduler.h"
#include "news.h"
#include "notifier.h"
#include "ring_queue.h"
#include "router.h"
#include "sender.h"
#include "shard_journal.h"

namespace carillon::delivery {

/// Gives up the rows of lanes for which the journal keeps too much, or for too long: a page of one
/// lane at a time. Of what is under way it leaves the rows alone. Dispatcher's thread.
class Evictor {
 public:
  /// What it works with; all of it outlives it.
  struct Parts {
    metrics::Metrics& metrics;
    ShardJournal& journal;
    LaneMap& lanes;
    LaneScheduler& scheduler;
    const Router& router;
    const Sender& sender;
    News& news;
    DeadLetters& dead;
    Notifier& notifier;
  };
  /// `on_page`: groups may go on, and memory be free.
  Evictor(const Parts& parts, std::function<void()> on_page)
      : metrics_(parts.metrics),
        journal_(parts.journal),
        lanes_(parts.lanes),
        scheduler_(parts.scheduler),
        router_(parts.router),
        sender_(parts.sender),
        news_(parts.news),
        dead_(parts.dead),
        notifier_(parts.notifier),
        on_page_(std::move(on_page)) {}

  /// What the journal asks for, now and then.
  void Follow(const journal::Demand& demand);
  /// Asks for the next page.
  void Run();
  /// The deliveries of `row`, which need not be in the journal, are dead; what follows them in
  /// their groups is held where the destination wants it.
  void Evict(Lane& lane, const journal::Parked& row, bool too_old);

  /// Tells what was evicted, of each lane not too often...
  void Tell(base::MonoTime now);
  /// ...or now: the lane is about to be closed...
  void TellOf(Lane& lane);
  /// ...or the process ends.
  void TellAll();

 private:
  void Start(Lane& lane, const journal::GiveUp& give_up);
  void OnPage(journal::LaneId id, const journal::GiveUp& asked, const journal::ParkedPage& page);
  void End(Lane& lane, const journal::GiveUp& asked);
  bool Take(Lane& lane, const journal::Parked& row);

  metrics::Metrics& metrics_;
  ShardJournal& journal_;
  LaneMap& lanes_;
  LaneScheduler& scheduler_;
  const Router& router_;
  const Sender& sender_;
  News& news_;
  DeadLetters& dead_;
  Notifier& notifier_;
  const std::function<void()> on_page_;
  uint64_t version_ = 0;                    // of the last demand
  RingQueue<journal::LaneId> giving_up_;    // have rows to give up
  bool listing_ = false;                    // a page is awaited
  std::optional<journal::ParkedKey> page_;  // where the first of giving_up_ goes on
  uint64_t page_upsets_ = 0;                // of its lane, when its first page was asked for
  std::vector<Lane*> evicted_from_;         // and that was not told yet
};

}  // namespace carillon::delivery
