#include "feed.h"

#include <algorithm>

namespace carillon::delivery {

Feed::Feed(size_t inbox_bytes, ShardJournal& journal, std::function<void()> on_read)
    : journal_(journal),
      on_read_(std::move(on_read)),
      inbox_(inbox_bytes, journal.state().last_position),
      next_(journal.state().watermark + 1) {}

const model::EventPtr* Feed::Peek() {
  for (;;) {
    if (batch_ != nullptr) {
      const store::Events& events = batch_->events;
      while (at_ < events.size() && events[at_]->position() < next_) ++at_;
      if (at_ < events.size()) return &events[at_];
      next_ = std::max(next_, batch_->last + 1);
      batch_.reset();
    }
    if (reading_) return nullptr;
    batch_ = inbox_.Take(next_);
    at_ = 0;
    if (batch_ != nullptr) continue;
    if (next_ <= inbox_.committed()) StartRead();
    return nullptr;
  }
}

void Feed::StartRead() {
  reading_ = true;
  journal_.Read(next_, [this](store::EventBatchPtr batch) {
    reading_ = false;
    at_ = 0;
    batch_ = std::move(batch);
    on_read_();
  });
}

}  // namespace carillon::delivery
