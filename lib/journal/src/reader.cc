#include "reader.h"

#include <algorithm>
#include <utility>

#include "lost_chunk.h"
#include "recovery.h"

namespace carillon::journal {
namespace {

constexpr size_t kCacheBytes = 16 << 20;
constexpr size_t kMaxReadBytes = 64 << 20;

}  // namespace

Reader::Reader(sqlite::Database database) : database_(std::move(database)), cache_(kCacheBytes) {}

absl::StatusOr<Reader> Reader::Create(sqlite::Database database) {
  Reader reader(std::move(database));
  if (absl::Status status = reader.PrepareAll(); !status.ok()) return status;
  return reader;
}

absl::Status Reader::PrepareAll() {
  const std::pair<sqlite::Statement*, const char*> statements[] = {
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
       "SELECT due_ns, position, attempts, group_id, rest, bytes FROM parked "
       "WHERE lane = ? AND due_ns >= ? AND due_ns < ? ORDER BY due_ns, position"},
      {&kept_,
       "SELECT due_ns, position, attempts, group_id, rest, bytes FROM parked "
       "WHERE lane = ? AND (due_ns, position) >= (?, ?) ORDER BY due_ns, position"},
      {&attempts_, "SELECT id, crc, rows FROM attempt_log WHERE id > ? ORDER BY id"},
  };
  for (const auto& [statement, sql] : statements) {
    absl::StatusOr<sqlite::Statement> prepared = database_.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return absl::OkStatus();
}

ChunkHead Reader::Head(const sqlite::Statement& row) {
  return {static_cast<uint64_t>(row.Int(0)), static_cast<uint32_t>(row.Int(1)),
          base::FromUnixNanos(row.Int(2))};
}

absl::StatusOr<DecodedChunkPtr> Reader::Decode(const ChunkView& view) {
  absl::StatusOr<Events> events = view.All();
  if (!events.ok()) return events.status();
  auto chunk = std::make_shared<DecodedChunk>();
  chunk->head = view.head();
  chunk->events = *std::move(events);
  for (const model::EventPtr& event : chunk->events) chunk->bytes += event->bytes();
  cache_.Add(chunk);
  return DecodedChunkPtr(std::move(chunk));
}

absl::StatusOr<SettledSet> Reader::ReadSettled(const Progress& progress) {
  const Snapshot snapshot(*this);
  if (!snapshot.status().ok()) return snapshot.status();
  return journal::ReadSettled(database_, progress, [](int64_t, uint64_t) {});
}

absl::StatusOr<Events> Reader::Read(uint64_t from, size_t max_bytes, bool& more) {
  const Snapshot snapshot(*this);
  if (!snapshot.status().ok()) return snapshot.status();
  max_bytes = std::min(max_bytes, kMaxReadBytes);
  absl::StatusOr<bool> row = start_at_.Bind(1, static_cast<int64_t>(from)).Step();
  if (!row.ok()) return row.status();
  from_.Bind(1, *row ? start_at_.Int(0) : 0);
  start_at_.Reset();

  Events batch;
  size_t bytes = 0;
  more = false;
  while (bytes < max_bytes || batch.empty()) {
    row = from_.Step();
    if (!row.ok()) return row.status();
    if (!*row) return batch;
    const ChunkHead head = Head(from_);
    if (head.last_position() < from) continue;
    DecodedChunkPtr chunk = cache_.Find(head.first_position);
    if (chunk == nullptr) {
      if (IsLost(head, from_.Blob(4))) continue;
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
  more = true;
  return batch;
}

}  // namespace carillon::journal
