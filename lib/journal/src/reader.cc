#include "reader.h"

#include <algorithm>
#include <utility>

namespace carillon::journal {
namespace {

constexpr size_t kCacheBytes = 16 << 20;
constexpr size_t kMaxReadBytes = 64 << 20;
constexpr size_t kMaxDue = 100'000;
/// One answer of TakeDue carries about this much; what is beyond is told as `next_due`.
constexpr size_t kMaxDueBytes = 8 << 20;
constexpr size_t kLoadAtOnce = 256;

}  // namespace

/// SQLite keeps what a reader sees until its transaction ends, and the write-ahead file with it.
class Reader::Snapshot {
 public:
  explicit Snapshot(Reader& reader) : reader_(reader), status_(reader.begin_.Run()) {}
  ~Snapshot() { reader_.database_.Rollback(); }
  const absl::Status& status() const { return status_; }

 private:
  Reader& reader_;
  absl::Status status_;
};

Reader::Reader(Database database) : database_(std::move(database)), cache_(kCacheBytes) {}

absl::StatusOr<Reader> Reader::Create(Database database) {
  Reader reader(std::move(database));
  if (absl::Status status = reader.PrepareAll(); !status.ok()) return status;
  return reader;
}

absl::Status Reader::PrepareAll() {
  const std::pair<Statement*, const char*> statements[] = {
      {&begin_, "BEGIN"},
      {&start_at_,
       "SELECT first_position FROM journal WHERE first_position <= ? "
       "ORDER BY first_position DESC LIMIT 1"},
      {&from_,
       "SELECT first_position, count, accepted_at, crc, records FROM journal "
       "WHERE first_position >= ? ORDER BY first_position"},
      {&at_,
       "SELECT first_position, count, accepted_at, crc, records FROM journal "
       "WHERE first_position <= ? ORDER BY first_position DESC LIMIT 1"},
      {&due_,
       "SELECT due_ns, position, attempts FROM parked WHERE lane = ? ORDER BY due_ns, position"},
  };
  for (const auto& [statement, sql] : statements) {
    absl::StatusOr<Statement> prepared = database_.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return absl::OkStatus();
}

ChunkHead Reader::Head(const Statement& row) {
  return {static_cast<uint64_t>(row.Int(0)), static_cast<uint32_t>(row.Int(1)),
          base::FromUnixNanos(row.Int(2))};
}

absl::StatusOr<DecodedChunkPtr> Reader::Decode(const ChunkView& view) {
  absl::StatusOr<EventBatch> events = view.All();
  if (!events.ok()) return events.status();
  auto chunk = std::make_shared<DecodedChunk>();
  chunk->head = view.head();
  chunk->events = *std::move(events);
  for (const model::EventPtr& event : chunk->events) chunk->bytes += event->bytes();
  cache_.Add(chunk);
  return DecodedChunkPtr(std::move(chunk));
}

absl::StatusOr<EventBatch> Reader::Read(uint64_t from, size_t max_bytes) {
  const Snapshot snapshot(*this);
  if (!snapshot.status().ok()) return snapshot.status();
  max_bytes = std::min(max_bytes, kMaxReadBytes);
  absl::StatusOr<bool> row = start_at_.Bind(1, static_cast<int64_t>(from)).Step();
  if (!row.ok()) return row.status();
  from_.Bind(1, *row ? start_at_.Int(0) : 0);
  start_at_.Reset();

  EventBatch batch;
  size_t bytes = 0;
  while (bytes < max_bytes || batch.empty()) {
    row = from_.Step();
    if (!row.ok()) return row.status();
    if (!*row) return batch;
    const ChunkHead head = Head(from_);
    if (head.last_position() < from) continue;
    DecodedChunkPtr chunk = cache_.Find(head.first_position);
    if (chunk == nullptr) {
      const auto view = ChunkView::Open(head, static_cast<uint32_t>(from_.Int(3)), from_.Blob(4));
      absl::StatusOr<DecodedChunkPtr> decoded =
          view.ok() ? Decode(*view) : absl::StatusOr<DecodedChunkPtr>(view.status());
      if (!decoded.ok()) {
        from_.Reset();
        return decoded.status();
      }
      chunk = *std::move(decoded);
    }
    for (const model::EventPtr& event : chunk->events) {
      if (event->position() < from) continue;
      if (bytes >= max_bytes && !batch.empty()) break;
      bytes += event->bytes();
      batch.push_back(event);
    }
  }
  from_.Reset();
  return batch;
}

absl::StatusOr<DueDeliveries> Reader::FindDue(LaneId lane, base::WallTime until, size_t limit) {
  DueDeliveries result;
  due_.Bind(1, lane);
  while (true) {
    const absl::StatusOr<bool> row = due_.Step();
    if (!row.ok()) return row.status();
    if (!*row) return result;
    const base::WallTime due = base::FromUnixNanos(due_.Int(0));
    if (due > until || result.due.size() >= limit) {
      result.next_due = due;
      due_.Reset();
      return result;
    }
    result.due.push_back(
        {{lane, due, static_cast<uint64_t>(due_.Int(1)), static_cast<uint32_t>(due_.Int(2))},
         nullptr});
  }
}

absl::StatusOr<DueDeliveries> Reader::TakeDue(LaneId lane, base::WallTime until, size_t limit) {
  const Snapshot snapshot(*this);
  if (!snapshot.status().ok()) return snapshot.status();
  absl::StatusOr<DueDeliveries> result = FindDue(lane, until, std::min(limit, kMaxDue));
  if (!result.ok()) return result;
  size_t bytes = 0;
  for (size_t begin = 0; begin < result->due.size(); begin += kLoadAtOnce) {
    if (bytes >= kMaxDueBytes) {
      result->next_due = result->due[begin].parked.due;
      result->due.resize(begin);
      break;
    }
    const std::span<DueDelivery> some =
        std::span(result->due).subspan(begin, std::min(kLoadAtOnce, result->due.size() - begin));
    if (absl::Status status = Load(some); !status.ok()) return status;
    for (const DueDelivery& due : some) bytes += due.event != nullptr ? due.event->bytes() : 0;
  }
  return result;
}

absl::Status Reader::Load(std::span<DueDelivery> due) {
  std::vector<DueDelivery*> ascending;
  ascending.reserve(due.size());
  for (DueDelivery& one : due) ascending.push_back(&one);
  std::sort(ascending.begin(), ascending.end(), [](const DueDelivery* a, const DueDelivery* b) {
    return a->parked.position < b->parked.position;
  });
  std::span<DueDelivery*> rest(ascending);
  while (!rest.empty()) {
    const absl::StatusOr<size_t> loaded = LoadFromOneChunk(rest);
    if (!loaded.ok()) return loaded.status();
    rest = rest.subspan(*loaded);
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> Reader::LoadFromOneChunk(std::span<DueDelivery*> due) {
  const uint64_t position = due.front()->parked.position;
  const auto inside = [&](const ChunkHead& head) {
    size_t n = 0;
    while (n < due.size() && due[n]->parked.position <= head.last_position()) ++n;
    return n;
  };
  const auto fill = [&](const DecodedChunk& chunk) {
    const size_t n = inside(chunk.head);
    for (DueDelivery* one : due.first(n)) {
      one->event = chunk.events[one->parked.position - chunk.head.first_position];
    }
    return n;
  };
  if (const DecodedChunkPtr cached = cache_.Find(position); cached != nullptr) {
    return fill(*cached);
  }

  const absl::StatusOr<bool> row = at_.Bind(1, static_cast<int64_t>(position)).Step();
  if (!row.ok()) return row.status();
  if (!*row) return 1;  // gone: the event stays null
  const ChunkHead head = Head(at_);
  const size_t n = inside(head);
  if (n == 0) {
    at_.Reset();
    return 1;
  }
  const auto view = ChunkView::Open(head, static_cast<uint32_t>(at_.Int(3)), at_.Blob(4));
  if (!view.ok()) {
    at_.Reset();
    return view.status();
  }
  absl::Status status;
  if (n * 4 >= head.count) {
    absl::StatusOr<DecodedChunkPtr> chunk = Decode(*view);
    if (chunk.ok()) fill(**chunk);
    status = chunk.status();
  } else {  // few of many: not worth the whole
    std::vector<uint64_t> positions;
    for (const DueDelivery* one : due.first(n)) positions.push_back(one->parked.position);
    absl::StatusOr<EventBatch> events = view->Some(positions);
    for (size_t i = 0; events.ok() && i < n; ++i) due[i]->event = (*events)[i];
    status = events.status();
  }
  at_.Reset();
  if (!status.ok()) return status;
  return n;
}

}  // namespace carillon::journal
