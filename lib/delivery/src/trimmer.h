#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "carillon/store/demand.h"
#include "carillon/store/lane_state.h"
#include "carillon/store/parked.h"
#include "evictor.h"
#include "lane_map.h"
#include "lane_scheduler.h"
#include "ring_queue.h"
#include "router.h"
#include "sender.h"
#include "settlement_buffer.h"
#include "shard_journal.h"

namespace carillon::delivery {

/// Trims the rows of lanes for which the journal keeps too much, or for too long: lists them, a
/// page of one lane at a time, and has them evicted. Of what is under way it leaves the rows alone.
/// Dispatcher's thread; what is given outlives it.
class Trimmer {
 public:
  /// `on_page`: groups may go on, and memory be free.
  Trimmer(ShardJournal& journal, LaneMap& lanes, LaneScheduler& scheduler, const Router& router,
          const Sender& sender, SettlementBuffer& settlements, Evictor& evictor,
          std::function<void()> on_page)
      : journal_(journal),
        lanes_(lanes),
        scheduler_(scheduler),
        router_(router),
        sender_(sender),
        settlements_(settlements),
        evictor_(evictor),
        on_page_(std::move(on_page)) {}

  /// What the journal asks for, now and then.
  void Follow(const store::Demand& demand);
  /// Asks for the next page.
  void Run();

 private:
  void Start(Lane& lane, const store::EvictionRequest& evict);
  void OnPage(store::LaneId id, const store::EvictionRequest& asked, const store::ParkedPage& page,
              Lane::Listing listing);
  void End(Lane& lane, const store::EvictionRequest& asked);
  bool Take(Lane& lane, const store::Parked& row);

  ShardJournal& journal_;
  LaneMap& lanes_;
  LaneScheduler& scheduler_;
  const Router& router_;
  const Sender& sender_;
  SettlementBuffer& settlements_;
  Evictor& evictor_;
  const std::function<void()> on_page_;
  uint64_t version_ = 0;                  // of the last demand
  RingQueue<store::LaneId> giving_up_;    // have rows to give up
  bool listing_ = false;                  // a page is awaited
  std::optional<store::ParkedKey> page_;  // where the first of giving_up_ goes on
  uint64_t page_upsets_ = 0;              // of its lane, when its first page was asked for
};

}  // namespace carillon::delivery
