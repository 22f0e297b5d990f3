#include "lane.h"

#include <algorithm>
#include <utility>

#include "carillon/codec/body.h"
#include "carillon/net/url.h"
#include "ordering_group.h"

namespace carillon::delivery {
namespace {

// A policy may have been shortened since a delivery was parked; its old wait is kept within this.
constexpr std::chrono::hours kPatience{1};

/// How long after now a delivery that is parked under `retry` is due at most.
std::chrono::nanoseconds LongestWait(const model::RetryPolicy& retry) {
  std::chrono::nanoseconds longest{0};
  for (const auto delay : retry.delays)
    longest = std::max<std::chrono::nanoseconds>(longest, delay);
  longest = longest * 2 + kPatience;  // jitter at most doubles a delay
  return std::max<std::chrono::nanoseconds>(longest, retry.retry_after_cap);
}

}  // namespace

Lane::Lane(const store::LaneState& state, const LaneBounds& bounds, Tracker& tracker,
           std::shared_ptr<metrics::LaneMetrics> metrics)
    : id_(state.lane),
      bounds_(bounds),
      tracker_(tracker),
      metrics_(std::move(metrics)),
      health_(state.health),
      from_(std::max(state.since, state.cursor.value_or(0))),
      cursor_(state.cursor),
      limit_(bounds.bytes),
      groups_(state.groups),
      retries_(state.parked, state.next_due),
      kept_(state.kept) {}

void Lane::Bind(const routing::RoutingTable& table, uint32_t place, base::MonoTime now) {
  const routing::DestinationPtr before = std::exchange(destination_, table.at(place));
  const model::Destination& next = *destination_;
  place_ = place;
  const bool reordered = before != nullptr && before->order.by != next.order.by;
  const bool batches = before != nullptr && codec::IsBatchFormat(before->format);
  if (before != nullptr && (HeldByDestination() || in_flight_.size() >= pace_.Limit())) {
    FreedAt(now);
  }
  pace_.Bind(next, now);
  due_horizon_ = LongestWait(next.retry);
  NoteBreaker();
  batch_.Stop();
  // A batch that was taken back to be sent must be taken apart now: it comes again.
  if (batches && !codec::IsBatchFormat(next.format)) retries_.Drop();
  if (!reordered) return;
  for (size_t i = 0; i < fresh_.size(); ++i) fresh_[i].group = GroupOf(*fresh_[i].event);
}

void Lane::SetRequests(http::EndpointId endpoint, const std::string& user_agent) {
  endpoint_ = endpoint;
  user_agent_ = &user_agent;
  requests_.reset();
}

RequestMaker& Lane::requests() {
  if (!requests_) {
    requests_ = std::make_unique<RequestMaker>(*destination_, *net::ParseUrl(destination_->url),
                                               *user_agent_);
  }
  return *requests_;
}

// None of these looks at more than a few members: it is asked after every change.
LaneWants Lane::Wants() const {
  LaneWants wants;
  wants.Need(LaneNeed::kReport, HasHeldRows() || (health_changed_ && !closing_));
  if (closing_) return wants;
  wants.send = Ready();
  wants.Need(LaneNeed::kHeldRows, WantsHeld());
  wants.Need(LaneNeed::kBacklog, NeedsRead() && !reading_);
  wants.Need(LaneNeed::kMarks, groups_.MayAskForMarks());
  wants.Need(LaneNeed::kRecovery, groups_.recovering());
  wants.Need(LaneNeed::kCursor, cursor_.InUse());
  if (batch_.waits() || pace_.Blocked() || pace_.NoRetry()) wants.wake_at = WakeAt();
  wants.due_at = AskAt();
  if (!wants.due_at) return wants;
  wants.due_horizon = DueHorizon();
  // What a lane that rests has parked may stay on disk until it can be sent.
  if (mode_ == Mode::kRest || pace_.Resting()) wants.due_at.reset();
  return wants;
}

void Lane::SetMode(Mode mode, uint64_t next) {
  // What was taken before its time, to be declared dead, waits for its time again.
  if (mode_ == Mode::kDrop) retries_.Drop();
  mode_ = mode;
  batch_.Stop();
  if (mode != Mode::kRest) return;
  Shed(0, next);
  if (!cursor_.behind()) FallBehind(next);
}

store::GroupId Lane::GroupOf(const model::Event& event) const {
  switch (destination_->order.by) {
    case model::Ordering::kNone:
      return 0;
    case model::Ordering::kKey:
      return GroupOfKey(event.ordering_key());
    case model::Ordering::kStrict:
      return kStrictGroup;
  }
  return 0;
}

void Lane::Enqueue(HeldRef event, uint64_t slot) {
  bytes_ += event->bytes();
  payload_ += event->payload().size();
  if (slot == Tracker::kNone) cursor_.AddUncovered();
  const store::GroupId group = GroupOf(*event);
  fresh_.push_back({.event = std::move(event), .slot = slot, .group = group});
  if (batch_.waits() && BatchFull()) batch_.Stop();
}

void Lane::EnqueueKept(HeldRef event) {
  bytes_ += event->bytes();
  payload_ += event->payload().size();
  const store::GroupId group = GroupOf(*event);
  fresh_.push_back({.event = std::move(event), .group = group, .held = true, .kept = true});
  kept_.OnQueued();
  if (batch_.waits() && BatchFull()) batch_.Stop();
}

store::Parked Lane::Keep(const model::Event& event) {
  kept_.OnWritten();
  return {.lane = id_,
          .due = store::Due::Kept(),
          .position = event.position(),
          .group = GroupOf(event),
          .rest = {},
          .bytes = event.record().size()};
}

void Lane::FallBehind(uint64_t position) {
  Detach();
  cursor_.MoveTo(position);
}

void Lane::Detach() {
  const auto detach = [this](Delivery& delivery) {
    if (delivery.slot == Tracker::kNone || delivery.held) return;
    tracker_.Settle(std::exchange(delivery.slot, Tracker::kNone));
    cursor_.AddUncovered();
  };
  for (Attempt* attempt : in_flight_) {
    if (!attempt->deliveries.parked) attempt->deliveries.ForEach(detach);
  }
  groups_.ForEachWaiting(detach);
  for (size_t i = 0; i < fresh_.size(); ++i) detach(fresh_[i]);
}

void Lane::Shed(size_t keep_bytes, uint64_t next) {
  retries_.Drop();
  if (bytes_ <= keep_bytes) return;
  limit_ = std::min(bounds_.bytes, std::max(keep_bytes, bounds_.floor_bytes));
  Detach();
  while (bytes_ > keep_bytes && !fresh_.empty()) {
    const Delivery dropped = fresh_.pop_back();
    bytes_ -= dropped.event->bytes();
    payload_ -= dropped.event->payload().size();
    if (dropped.kept) {
      kept_.GoBack(dropped.event->position());
      if (!cursor_.behind()) cursor_.MoveTo(next);
    } else {
      cursor_.RemoveUncovered();
      cursor_.MoveTo(dropped.event->position());
    }
  }
  // What waits in order has been passed by others already: no cursor covers it.
  if (bytes_ > keep_bytes) Hold(groups_.HoldAll());
}

void Lane::CatchUp() {
  cursor_.CatchUp();
  limit_ = bounds_.bytes;
}

std::optional<uint64_t> Lane::DurableCursor() const {
  return cursor_.Durable(from_, [this] { return LowestUnsettled(); });
}

std::optional<store::LaneCursor> Lane::TakeCursor() {
  const std::optional<uint64_t> cursor = DurableCursor();
  if (!cursor_.Tell(cursor)) return std::nullopt;
  return store::LaneCursor{id_, cursor};
}

std::optional<store::LaneHealth> Lane::TakeHealth() {
  if (!std::exchange(health_changed_, false)) return std::nullopt;
  return store::LaneHealth{id_, health_};
}

uint64_t Lane::LowestUnsettled() const {
  uint64_t lowest = Tracker::kNone;
  if (fresh_.size() > kept_.queued()) lowest = fresh_[kept_.queued()].event->position();
  lowest = std::min(lowest, groups_.LowestUnsettled());
  for (const Attempt* attempt : in_flight_) {
    attempt->deliveries.ForEach([&](const Delivery& delivery) {
      if (Unsettled(attempt->deliveries, delivery)) {
        lowest = std::min(lowest, delivery.event->position());
      }
    });
  }
  return lowest;
}

bool Lane::EndRecovery(uint64_t last, uint64_t next) {
  if (cursor().value_or(next) <= last || kept_.writing()) return false;
  if (!kept_.empty() && kept_.next() <= last) return false;
  if (!fresh_.empty() && fresh_.front().event->position() <= last) return false;
  groups_.EndRecovery();
  return true;
}

void Lane::Started(Attempt& attempt, base::MonoTime now) {
  pace_.OnStart(now);
  attempt.place = static_cast<uint32_t>(in_flight_.size());
  in_flight_.push_back(&attempt);
}

void Lane::Finished(Attempt& attempt, Ending ending) {
  in_flight_[attempt.place] = in_flight_.back();
  in_flight_[attempt.place]->place = attempt.place;
  in_flight_.pop_back();
  Dropped(attempt.deliveries, ending);
}

void Lane::Dropped(DeliveryBatch& deliveries, Ending ending) {
  deliveries.ForEach([&](const Delivery& delivery) {
    if (Unsettled(deliveries, delivery)) Settle(delivery);
  });
  Hold(groups_.Finish(deliveries, ending));
}

void Lane::Hold(std::vector<Delivery> waiting) {
  for (const Delivery& delivery : waiting) {
    bytes_ -= delivery.event->bytes();
    if (!delivery.held || delivery.kept) WriteRow(delivery);
  }
}

void Lane::WriteRow(const Delivery& delivery) {
  held_rows_.push_back({.lane = id_,
                        .due = store::Due::Held(delivery.group),
                        .position = delivery.event->position(),
                        .group = delivery.group,
                        .rest = {},
                        .bytes = delivery.event->record().size()});
  retries_.CountParked(1);
  if (delivery.kept) {
    retries_.CountUnparked(1);
    replaced_rows_.push_back({id_, store::Due::Kept(), delivery.event->position()});
  } else {
    Settle(delivery);
  }
}

void Lane::Settle(const Delivery& delivery) {
  if (delivery.slot == Tracker::kNone) {
    cursor_.RemoveUncovered();
  } else {
    tracker_.Settle(delivery.slot);
  }
}

std::vector<uint64_t> Lane::Close() {
  closing_ = true;
  std::vector<uint64_t> waiting;
  const auto settle = [&](const Delivery& delivery) {
    if (delivery.held) return;
    waiting.push_back(delivery.event->position());
    Settle(delivery);
  };
  for (const Delivery& delivery : groups_.Clear()) settle(delivery);
  while (!fresh_.empty()) settle(fresh_.pop_front());
  bytes_ = 0;
  payload_ = 0;
  kept_.Clear();
  retries_.Drop();
  return waiting;
}

}  // namespace carillon::delivery
