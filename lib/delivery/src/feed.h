#pragma once

#include <cstdint>
#include <functional>

#include "carillon/store/event_log.h"
#include "event_inbox.h"
#include "shard_journal.h"

namespace carillon::delivery {

/// The journal's events in order, each once: from the inbox while the dispatcher keeps up, from
/// reads of the log at start and after what the inbox dropped. Dispatcher's thread, but for `Put`.
class Feed {
 public:
  /// `inbox_bytes`: what may wait there. `on_read`: an answer came, look again.
  Feed(size_t inbox_bytes, ShardJournal& journal, std::function<void()> on_read);

  /// See store::Consumer. Store's thread. True: the dispatcher must be woken.
  bool Join(uint64_t last) { return inbox_.Join(last); }
  bool Put(const store::EventBatchPtr& batch) { return inbox_.Put(batch); }

  /// The next event to route; null when there is none yet (a read may have been started).
  const model::EventPtr* Peek();
  /// The event that `Peek` showed was routed.
  void Pop() { next_ = batch_->events[at_++]->position() + 1; }

  /// The next position to route: all below went through `Pop`, or hold nothing.
  uint64_t next() const { return next_; }

 private:
  void StartRead();

  ShardJournal& journal_;
  const std::function<void()> on_read_;
  Inbox inbox_;
  uint64_t next_;
  store::EventBatchPtr batch_;
  size_t at_ = 0;
  bool reading_ = false;
};

}  // namespace carillon::delivery
