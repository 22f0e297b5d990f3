#include "resender.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "lane.h"

namespace carillon::delivery {
namespace {

// Rows that are due at the very same time: a batch that was taken apart makes so many.
constexpr size_t kSameDue = 1 + store::kMaxRest;

bool Holds(const store::Parked& row, uint64_t position) {
  return row.position == position ||
         std::ranges::any_of(row.rest, [position](const store::BatchMember& member) {
           return member.position == position;
         });
}

}  // namespace

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
    return Hasten(*lane, item, {lane->id(), store::Due::At(*item.due), 0}, std::move(done));
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

void Resender::Hasten(Lane& lane, const ResendOrder::Item& item, const store::ParkedKey& from,
                      Done done) {
  journal_.ListParked(
      lane, UINT64_MAX, from, kSameDue,
      [this, item, done = std::move(done)](Lane* asked, const store::ParkedPage& page) mutable {
        if (asked == nullptr || asked->closing()) {
          return done(absl::NotFoundError("the destination is not in force"));
        }
        OnRows(*asked, item, page, std::move(done));
      });
}

// Its group, if it has one, goes on waiting for it: only the row's time changes.
void Resender::OnRows(Lane& lane, const ResendOrder::Item& item, const store::ParkedPage& page,
                      Done done) {
  const store::Due due = store::Due::At(*item.due);
  const auto found = std::ranges::find_if(page.rows, [&](const store::Parked& row) {
    return row.due == due && Holds(row, item.position);
  });
  const bool more = page.next && page.next->due == due;
  if (found == page.rows.end() && more) return Hasten(lane, item, *page.next, std::move(done));
  // One that was taken is on its way.
  if (found == page.rows.end() || !lane.retries().Take(*item.due, found->position)) return done(0);
  settlements_.Add(store::ParkedKey{lane.id(), found->due, found->position});
  store::Parked row = *found;
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
