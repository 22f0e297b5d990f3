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
      while (at_ < batch_->size() && (*batch_)[at_]->position() < next_) ++at_;
      if (at_ < batch_->size()) return &(*batch_)[at_];
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
  journal_.Read(next_, [this, committed = inbox_.committed()](store::EventBatchPtr batch) {
    reading_ = false;
    at_ = 0;
    if (batch->empty()) {
      next_ = std::max(next_, committed + 1);  // removed by retention
    } else {
      batch_ = std::move(batch);
    }
    on_read_();
  });
}

}  // namespace carillon::delivery
