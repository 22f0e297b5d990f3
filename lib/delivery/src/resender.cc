#include "resender.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lane.h"

namespace carillon::delivery {

void Resender::Run(const ResendOrder& order, Done done) {
  Lane* const lane = routes_.LaneAt(order.place);
  if (lane == nullptr || lane->destination().tenant != order.tenant ||
      lane->destination().name != order.name) {
    return done(absl::NotFoundError("the destination is not in force"));
  }
  if (lane->mode() == Lane::Mode::kDrop) {
    return done(absl::FailedPreconditionError(
        "the destination is disabled, and gives up what is to be sent"));
  }
  if (order.items.size() == 1 && order.items.front().due) {
    const ResendOrder::Item& item = order.items.front();
    return finder_.Find(
        *lane, item.position, *item.due,
        [this, done = std::move(done)](Lane* found, const store::Parked* row) mutable {
          if (found == nullptr || found->closing()) {
            return done(absl::NotFoundError("the destination is not in force"));
          }
          // One that was taken is on its way.
          if (row == nullptr || !found->retries().Take(row->due.time(), row->position)) {
            return done(0);
          }
          Hasten(*row, std::move(done));
        });
  }
  size_t taken = 0;
  const uint64_t below = order.settled_only ? SettledBelow(*lane) : UINT64_MAX;
  for (const ResendOrder::Item& item : order.items) {
    if (item.position >= below || lane->retries().parked() >= order.max_parked) break;
    Add(*lane, item, order.trigger);
    ++taken;
  }
  settlements_.Tell([taken, done = std::move(done)](const absl::Status& status) mutable {
    if (!status.ok()) return done(status);
    done(taken);
  });
}

uint64_t Resender::SettledBelow(const Lane& lane) const {
  return std::min({router_.next(), lane.LowestUnsettled(), lane.cursor().value_or(Tracker::kNone)});
}

base::WallTime Resender::NextDue() {
  last_due_ = std::max(clock_.Now(), last_due_ + std::chrono::nanoseconds(1));
  return last_due_;
}

void Resender::Add(Lane& lane, const ResendOrder::Item& item, model::Trigger trigger) {
  lane.retries().CountParked(1);
  settlements_.Add(store::Parked{.lane = lane.id(),
                                 .due = store::Due::At(NextDue()),
                                 .position = item.position,
                                 .attempts = 0,
                                 .group = 0,
                                 .rest = {},
                                 .bytes = item.bytes,
                                 .trigger = trigger,
                                 .earlier = std::min(item.earlier, store::kMaxEarlier)});
}

// Its group, if it has one, goes on waiting for it: only the row's time changes.
void Resender::Hasten(store::Parked row, Done done) {
  settlements_.Add(store::ParkedKey{row.lane, row.due, row.position});
  row.due = store::Due::At(NextDue());
  row.earlier = std::min(row.earlier + row.attempts, store::kMaxEarlier);
  row.attempts = 0;
  row.trigger = model::Trigger::kResend;
  settlements_.Add(std::move(row));
  settlements_.Tell([done = std::move(done)](const absl::Status& status) mutable {
    if (!status.ok()) return done(status);
    done(1);
  });
}

}  // namespace carillon::delivery
