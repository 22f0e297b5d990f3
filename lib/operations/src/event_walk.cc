#include "carillon/operations/event_walk.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace carillon::operations {
namespace {

// Positions of one piece, where the newest come first: few of large events.
constexpr uint64_t kFewestPositions = 16;
constexpr uint64_t kMostPositions = 1024;
constexpr uint64_t kPieceBytes = 16u << 20;  // more than so many of the largest events have
constexpr size_t kBatchBytes = 1u << 20;

/// A walk under way. One at a time holds it: the log, or the thread that looks.
struct Walk {
  store::EventLog& events;
  WalkRange rest;
  PostLook post;
  std::shared_ptr<EventVisitor> visitor;
  WalkProgress progress;

  // The piece that is being read.
  uint64_t size = kFewestPositions;
  uint64_t from = 0;
  std::vector<model::EventPtr> piece;
  uint64_t piece_bytes = 0;
};
using WalkPtr = std::shared_ptr<Walk>;

void OnWalkRead(WalkPtr walk, const store::EventBatch& batch);

void End(Walk& walk) { walk.visitor->OnEnd(walk.rest); }

void ReadFrom(WalkPtr walk, uint64_t from) {
  store::EventLog& events = walk->events;
  events.Read(from, kBatchBytes, [walk = std::move(walk)](store::EventBatchPtr batch) {
    // Where nobody looks any more the walk is dropped.
    walk->post([walk, batch = std::move(batch)] { OnWalkRead(walk, *batch); });
  });
}

void ReadPiece(WalkPtr walk) {
  const WalkRange& rest = walk->rest;
  if (rest.low >= rest.high || !walk->visitor->MayGoOn(walk->progress)) return End(*walk);
  walk->piece.clear();
  walk->piece_bytes = 0;
  walk->from = rest.low;
  if (rest.newest_first && rest.high - rest.low > walk->size) walk->from = rest.high - walk->size;
  const uint64_t from = walk->from;
  ReadFrom(std::move(walk), from);
}

/// False: the visitor has seen enough.
bool Show(Walk& walk, const model::EventPtr& event) {
  const EventVisitor::Next next = walk.visitor->Visit(event);
  const bool behind = next != EventVisitor::Next::kStopBefore;
  const uint64_t position = event->position();
  if (walk.rest.newest_first) {
    walk.rest.high = behind ? position : position + 1;
  } else {
    walk.rest.low = behind ? position + 1 : position;
  }
  return next == EventVisitor::Next::kGoOn;
}

bool ShowPiece(Walk& walk) {
  if (walk.rest.newest_first) std::ranges::reverse(walk.piece);
  for (const model::EventPtr& event : walk.piece) {
    if (!Show(walk, event)) return false;
  }
  return true;
}

void OnForward(WalkPtr walk, const store::EventBatch& batch) {
  const uint64_t before = walk->rest.low;
  if (!ShowPiece(*walk)) return End(*walk);
  const bool known = batch.last >= batch.first;
  // What the log does not know of is not there yet.
  walk->rest.low = known ? std::min(batch.last + 1, walk->rest.high) : walk->rest.high;
  walk->progress.positions += walk->rest.low - before;
  ReadPiece(std::move(walk));
}

// A piece that turns out too large is read again, in smaller ones.
void OnBackward(WalkPtr walk, const store::EventBatch& batch) {
  const uint64_t next = batch.last + 1;
  const bool known = batch.last >= batch.first;
  if (walk->piece_bytes > kPieceBytes && walk->size > kFewestPositions) {
    walk->size = std::max(kFewestPositions, walk->size / 8);
    return ReadPiece(std::move(walk));
  }
  if (known && next < walk->rest.high) return ReadFrom(std::move(walk), next);
  walk->progress.positions += walk->rest.high - walk->from;
  if (!ShowPiece(*walk)) return End(*walk);
  walk->rest.high = walk->from;
  walk->size = std::min(kMostPositions, walk->size * 4);
  ReadPiece(std::move(walk));
}

void OnWalkRead(WalkPtr walk, const store::EventBatch& batch) {
  for (const model::EventPtr& event : batch.events) {
    if (event->position() >= walk->rest.high) break;
    walk->progress.bytes += event->bytes();
    walk->piece_bytes += event->bytes();
    walk->piece.push_back(event);
  }
  if (walk->rest.newest_first) return OnBackward(std::move(walk), batch);
  OnForward(std::move(walk), batch);
}

}  // namespace

void WalkEvents(store::EventLog& events, const WalkRange& range, PostLook post,
                std::shared_ptr<EventVisitor> visitor) {
  ReadPiece(std::make_shared<Walk>(Walk{
      .events = events, .rest = range, .post = std::move(post), .visitor = std::move(visitor)}));
}

void FindOldest(store::EventLog& events, absl::AnyInvocable<void(uint64_t)> done) {
  events.Read(1, 1, [done = std::move(done)](const store::EventBatchPtr& batch) mutable {
    if (!batch->events.empty()) return done(batch->events.front()->position());
    done(std::max<uint64_t>(batch->last + 1, 1));
  });
}

}  // namespace carillon::operations
