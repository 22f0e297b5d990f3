#include "purge_walks.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "parked_kind.h"

namespace carillon::delivery {
namespace {

// Of one step.
constexpr int kReads = 8;
constexpr int kPages = 8;
constexpr size_t kPurgePageRows = 256;
constexpr size_t kEventBytes = 16u << 10;  // of one read for the events of rows

absl::Status NotInForce() { return absl::NotFoundError("the destination is not in force"); }

bool IsGone(const Lane* lane) { return lane == nullptr || lane->closing(); }

/// The deliveries of a row, in its order.
std::vector<uint64_t> PositionsOf(const store::Parked& row) {
  std::vector<uint64_t> positions{row.position};
  for (const store::BatchMember& member : row.rest) positions.push_back(member.position);
  return positions;
}

WaitingDelivery::State StateOf(Lane& lane, store::GroupId group) {
  const bool held = group != 0 && lane.groups().IsStuck(group);
  return held ? WaitingDelivery::State::kHeld : WaitingDelivery::State::kQueued;
}

WaitingDelivery::State StateOf(Lane& lane, const store::Parked& row) {
  if (!row.due.timed()) return StateOf(lane, row.group);
  return row.attempts > 0 ? WaitingDelivery::State::kScheduled : WaitingDelivery::State::kQueued;
}

bool Covers(const store::EventBatchPtr& batch, uint64_t position) {
  return batch != nullptr && batch->first <= position && position <= batch->last;
}

/// Null: it is gone.
model::EventPtr EventIn(const store::EventBatch& batch, uint64_t position) {
  const auto found = std::ranges::lower_bound(
      batch.events, position, {}, [](const model::EventPtr& event) { return event->position(); });
  return found != batch.events.end() && (*found)->position() == position ? *found : nullptr;
}

}  // namespace

/// A step under way.
struct PurgeWalks::Walk {
  PurgeOrder order;
  Done done;
  store::LaneId lane = 0;
  PurgeResult result;
  PurgePlace at;
  bool over = false;  // that was all

  // Through the journal:
  std::optional<Lane::Reading> reading;
  bool from_cursor = false;  // from the cursor up to here nothing was left
  uint64_t run = 0;          // the same from here on
  int reads = 0;

  // Through the rows:
  std::optional<Lane::Listing> listing;
  uint64_t upsets = 0;  // when the page was asked for
  store::ParkedPage page;
  std::vector<uint64_t> positions;      // of its deliveries, one row after another
  std::vector<model::EventPtr> events;  // of these, as far as they are read; null: it is gone
  store::EventBatchPtr seen;            // what was read last
  uint64_t kept_before = 0;             // the row before, where that is a kept one
  int pages = 0;

  bool Full() const { return result.purged >= order.most; }
  void Count(uint64_t position) {
    ++result.purged;
    if (result.sample.size() < PurgeResult::kMaxSample) result.sample.push_back(position);
  }
};

void PurgeWalks::Add(const Lane& lane, const PurgeOrder& order, Done done) {
  auto walk = std::make_shared<Walk>(
      Walk{.order = order, .done = std::move(done), .lane = lane.id(), .at = order.from});
  walk->at.row.lane = lane.id();
  waiting_.push_back(std::move(walk));
  Run();
}

void PurgeWalks::Run() {
  for (size_t looks = waiting_.size(); looks > 0 && !under_way_; --looks) {
    WalkPtr walk = waiting_.pop_front();
    Lane* const lane = lanes_.Find(walk->lane);
    if (!IsGone(lane) && lane->reading()) {
      waiting_.push_back(std::move(walk));
      continue;
    }
    under_way_ = true;
    if (IsGone(lane)) {
      End(walk, NotInForce());
    } else {
      Begin(*lane, walk);
    }
  }
}

void PurgeWalks::Begin(Lane& lane, const WalkPtr& walk) {
  lane.Shed(0, router_.next());
  scheduler_.Touched(lane);
  if (walk->at.rows) {
    // What was just put aside is listed, too.
    return remover_.Tell([this, walk](const absl::Status& status) {
      Lane* const found = lanes_.Find(walk->lane);
      if (!status.ok()) return End(walk, status);
      if (IsGone(found)) return End(walk, NotInForce());
      AskForRows(*found, walk);
    });
  }
  walk->reading = lane.BeginRead();
  scheduler_.Touched(lane);
  const uint64_t lowest = std::max(lane.cursor().value_or(router_.next()), lane.from());
  walk->from_cursor = walk->at.position <= lowest;
  walk->run = walk->at.position = std::max(walk->at.position, lowest);
  ReadOn(lane, walk);
}

void PurgeWalks::ReadOn(Lane& lane, const WalkPtr& walk) {
  const uint64_t end = std::min(walk->order.end, router_.next());
  const bool enough = walk->Full() || walk->result.waits || walk->reads++ >= kReads;
  if (walk->at.position >= end || enough) return EndReading(lane, walk);
  journal_.Read(lane, walk->at.position,
                [this, walk](Lane* read, const store::EventBatchPtr& batch) {
                  if (read == nullptr) return End(walk, NotInForce());
                  if (!read->closing()) return OnRead(*read, walk, *batch);
                  read->EndRead(*std::move(walk->reading));
                  End(walk, NotInForce());
                });
}

void PurgeWalks::OnRead(Lane& lane, const WalkPtr& walk, const store::EventBatch& batch) {
  const uint64_t end = std::min(walk->order.end, router_.next());
  uint64_t seen = std::min(batch.last + 1, end);
  for (const model::EventPtr& event : batch.events) {
    const uint64_t position = event->position();
    if (position < walk->at.position || !router_.IsDue(*event, lane)) continue;
    if (position >= end) break;
    if (walk->Full() || !LookAt(lane, *walk, *event)) {
      seen = position;
      break;
    }
  }
  walk->at.position = std::max(walk->at.position, seen);
  const bool moves = walk->from_cursor && lane.cursor() && !walk->order.only_count;
  if (moves) lane.MoveCursor(std::max(*lane.cursor(), walk->at.position));
  ReadOn(lane, walk);
}

// False: it cannot be skipped for now.
bool PurgeWalks::LookAt(Lane& lane, Walk& walk, const model::Event& event) {
  const uint64_t position = event.position();
  if (walk.order.wants({.state = StateOf(lane, lane.GroupOf(event)), .event = event, .next = {}})) {
    if (walk.order.only_count) {
      walk.Count(position);
    } else if (remover_.MaySkip(lane)) {
      remover_.Skip(lane, walk.run, position);
      walk.Count(position);
    } else {
      walk.result.waits = true;
      return false;
    }
  } else {
    const bool first = std::exchange(walk.from_cursor, false) && lane.cursor();
    if (first && !walk.order.only_count) lane.MoveCursor(std::max(*lane.cursor(), position));
    walk.run = position + 1;
  }
  ++walk.result.looked_at;
  return true;
}

void PurgeWalks::EndReading(Lane& lane, const WalkPtr& walk) {
  lane.EndRead(*std::move(walk->reading));
  if (lane.cursor() == router_.next() && lane.ReadsJournal()) lane.CatchUp();
  if (walk->at.position >= walk->order.end) {
    walk->at.rows = true;
  } else {
    // What is not routed yet comes soon.
    walk->result.waits |= walk->at.position >= router_.next();
  }
  scheduler_.Touched(lane);
  Answer(walk);
}

void PurgeWalks::AskForRows(Lane& lane, const WalkPtr& walk) {
  ++walk->pages;
  walk->listing = lane.BeginListing();
  walk->upsets = lane.upsets();
  journal_.ListParked(lane, walk->order.end - 1, walk->at.row, kPurgePageRows,
                      [this, walk](Lane* listed, const store::ParkedPage& page) {
                        if (listed == nullptr) return End(walk, NotInForce());
                        walk->page = page;
                        walk->positions.clear();
                        walk->events.clear();
                        for (const store::Parked& row : page.rows) {
                          for (uint64_t each : PositionsOf(row)) walk->positions.push_back(each);
                        }
                        LoadEvents(*listed, walk);
                      });
}

void PurgeWalks::LoadEvents(Lane& lane, const WalkPtr& walk) {
  if (lane.closing()) {
    lane.EndListing(*std::move(walk->listing));
    return End(walk, NotInForce());
  }
  std::vector<model::EventPtr>& events = walk->events;
  while (events.size() < walk->positions.size()) {
    const uint64_t position = walk->positions[events.size()];
    if (!Covers(walk->seen, position)) {
      return journal_.Read(lane, position, kEventBytes,
                           [this, walk, position](Lane* read, const store::EventBatchPtr& batch) {
                             walk->seen = batch;
                             if (read == nullptr) return End(walk, NotInForce());
                             if (!Covers(batch, position)) walk->events.push_back(nullptr);
                             LoadEvents(*read, walk);
                           });
    }
    events.push_back(EventIn(*walk->seen, position));
  }
  LookAtRows(lane, walk);
}

void PurgeWalks::LookAtRows(Lane& lane, const WalkPtr& walk) {
  size_t at = 0;
  std::optional<store::ParkedKey> next = walk->page.next;
  for (const store::Parked& row : walk->page.rows) {
    const size_t count = 1 + row.rest.size();
    std::vector<bool> wanted(count);
    const WaitingDelivery::State state = StateOf(lane, row);
    const bool scheduled = state == WaitingDelivery::State::kScheduled;
    for (size_t i = 0; i < count; ++i) {
      const model::EventPtr& event = walk->events[at + i];
      wanted[i] =
          event != nullptr &&
          walk->order.wants({.state = state,
                             .event = *event,
                             .attempts = row.attempts + row.earlier,
                             .next = scheduled ? std::optional(row.due.time()) : std::nullopt});
    }
    if (walk->Full() || !RemoveFrom(lane, *walk, row, wanted)) {
      next = store::ParkedKey{row.lane, row.due, row.position};
      break;
    }
    walk->result.looked_at += count;
    at += count;
  }
  lane.EndListing(*std::move(walk->listing));
  walk->over = !next;
  if (next) walk->at.row = *next;
  if (!next || walk->Full() || walk->pages >= kPages) return Answer(walk);
  AskForRows(lane, walk);
}

// Rows that wait for a time are known by their keys. Of others it is the order that tells: false
// where that was upset since the page was asked for, and it is to be asked for again.
bool PurgeWalks::RemoveFrom(Lane& lane, Walk& walk, const store::Parked& row,
                            const std::vector<bool>& wanted) {
  const bool kept = row.due.kind() == store::Due::Kind::kKept;
  const uint64_t before = std::exchange(walk.kept_before, kept ? row.position : 0);
  if (std::ranges::count(wanted, true) == 0) return true;
  if (!walk.order.only_count) {
    if (!row.due.timed() && lane.upsets() != walk.upsets) return false;
    if (!remover_.Remove(lane, row, wanted, before)) return true;
  }
  const std::vector<uint64_t> positions = PositionsOf(row);
  for (size_t i = 0; i < positions.size(); ++i) {
    if (wanted[i]) walk.Count(positions[i]);
  }
  return true;
}

void PurgeWalks::Answer(const WalkPtr& walk) {
  if (!walk->over) walk->result.next = walk->at;
  if (walk->order.only_count) return End(walk, std::move(walk->result));
  remover_.Tell([this, walk](const absl::Status& status) {
    if (!status.ok()) return End(walk, status);
    End(walk, std::move(walk->result));
  });
}

void PurgeWalks::End(const WalkPtr& walk, absl::StatusOr<PurgeResult> result) {
  under_way_ = false;
  std::exchange(walk->done, nullptr)(std::move(result));
}

}  // namespace carillon::delivery
