#include "news.h"

namespace carillon::delivery {

News::News(const DispatcherOptions& options, const base::Clock& clock, journal::Journal& journal,
           const Home& home, std::function<void(const Durable&)> on_durable)
    : shard_(options.shard),
      interval_(options.settle_interval),
      clock_(clock),
      journal_(journal),
      home_(home),
      on_durable_(std::move(on_durable)),
      watermark_(journal.recovered().watermark) {}

void News::Send(uint64_t watermark) {
  if (batch_.rows == 0 && settlement_.cursors.empty() && watermark == watermark_) return;
  settlement_.shard = shard_;
  settlement_.watermark = watermark_ = watermark;
  outstanding_rows_ += batch_.rows;
  outstanding_.push_back(std::exchange(batch_, {}));
  journal_.Settle(std::exchange(settlement_, {}), home_.Bring<>([this] { OnDurable(); }));
}

void News::OnDurable() {
  const Durable durable = std::move(outstanding_.front());
  outstanding_.pop_front();
  outstanding_rows_ -= durable.rows;
  on_durable_(durable);
}

}  // namespace carillon::delivery
