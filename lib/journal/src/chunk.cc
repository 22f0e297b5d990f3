#include "chunk.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/crc32.h"

namespace carillon::journal {
namespace {

template <typename T>
char* PutNumber(char* to, T value) {
  std::memcpy(to, &value, sizeof(T));
  return to + sizeof(T);
}

template <typename T>
const char* Load(const char* from, T& value) {
  std::memcpy(&value, from, sizeof(T));
  return from + sizeof(T);
}

absl::Status Damaged(const ChunkHead& head) {
  return absl::DataLossError(absl::StrCat("events ", head.first_position, " to ",
                                          head.last_position(), " are damaged on disk"));
}

constexpr uint32_t kGap = 1u << 31;

/// Walks over the records of a chunk, position by position.
class Records {
 public:
  explicit Records(std::string_view rest) : rest_(rest) {}

  /// The record of the next position; empty: it is gone. False: the bytes are no records.
  bool Next(std::string_view& record) {
    record = {};
    if (gone_ > 0) return --gone_, true;
    uint32_t length = 0;
    if (rest_.size() < sizeof(length)) return false;
    Load(rest_.data(), length);
    rest_.remove_prefix(sizeof(length));
    if ((length & kGap) != 0) {
      gone_ = length - kGap;
      return gone_-- > 0;
    }
    if (rest_.size() < length || length == 0) return false;
    record = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return true;
  }

 private:
  std::string_view rest_;
  uint32_t gone_ = 0;
};

absl::StatusOr<model::EventPtr> Parse(const ChunkHead& head, uint64_t position,
                                      std::string_view record) {
  absl::StatusOr<std::shared_ptr<model::Event>> event = model::Event::Parse(record);
  if (!event.ok()) return Damaged(head);
  (*event)->Accept(position, head.accepted_at);
  return model::EventPtr(*std::move(event));
}

}  // namespace

void PutRecord(std::string& records, std::string_view record) {
  char length[sizeof(uint32_t)];
  PutNumber(length, static_cast<uint32_t>(record.size()));
  records.append(length, sizeof(length));
  records.append(record);
}

void PutGap(std::string& records, uint32_t count) {
  char gap[sizeof(uint32_t)];
  PutNumber(gap, kGap | count);
  records.append(gap, sizeof(gap));
}

uint32_t BytesCrc(std::string_view bytes) { return base::Crc32(bytes); }

uint32_t ChunkCrc(const ChunkHead& head, std::string_view records) {
  char bytes[8 + 4 + 8];
  char* at = PutNumber(bytes, head.first_position);
  at = PutNumber(at, head.count);
  PutNumber(at, base::ToUnixNanos(head.accepted_at));
  return base::Crc32(records, base::Crc32({bytes, sizeof(bytes)}));
}

absl::StatusOr<ChunkView> ChunkView::Open(const ChunkHead& head, uint32_t crc,
                                          std::string_view records) {
  if (head.count == 0 || ChunkCrc(head, records) != crc) return Damaged(head);
  ChunkView view;
  view.head_ = head;
  view.records_ = records;
  return view;
}

absl::StatusOr<Events> ChunkView::All() const {
  Events events;
  events.reserve(head_.count);
  Records records(records_);
  std::string_view record;
  for (uint64_t position = head_.first_position; position <= head_.last_position(); ++position) {
    if (!records.Next(record)) return Damaged(head_);
    if (record.empty()) continue;
    absl::StatusOr<model::EventPtr> event = Parse(head_, position, record);
    if (!event.ok()) return event.status();
    events.push_back(*std::move(event));
  }
  return events;
}

absl::StatusOr<Events> ChunkView::Some(const std::vector<uint64_t>& positions) const {
  Events events;
  events.reserve(positions.size());
  Records records(records_);
  std::string_view record;
  uint64_t next = head_.first_position;
  for (const uint64_t position : positions) {
    for (; next <= position; ++next) {
      if (!records.Next(record)) return Damaged(head_);
    }
    if (record.empty()) {
      events.push_back(nullptr);
      continue;
    }
    absl::StatusOr<model::EventPtr> event = Parse(head_, position, record);
    if (!event.ok()) return event.status();
    events.push_back(*std::move(event));
  }
  return events;
}

absl::StatusOr<std::string> ChunkView::Thin(std::span<const uint64_t> positions) const {
  std::string thin;
  Records records(records_);
  std::string_view record;
  uint32_t gone = 0;
  auto kept = positions.begin();
  for (uint64_t position = head_.first_position; position <= head_.last_position(); ++position) {
    if (!records.Next(record)) return Damaged(head_);
    while (kept != positions.end() && *kept < position) ++kept;
    if (record.empty() || kept == positions.end() || *kept != position) {
      ++gone;
      continue;
    }
    if (gone > 0) PutGap(thin, std::exchange(gone, 0));
    PutRecord(thin, record);
  }
  if (gone > 0) PutGap(thin, gone);
  return thin;
}

void AttemptChunk::Add(const AttemptRow& row) {
  char bytes[kAttemptBytes];
  char* at = PutNumber(bytes, row.position);
  at = PutNumber(at, base::ToUnixNanos(row.started));
  at = PutNumber(at, row.lane);
  at = PutNumber(at, row.number);
  at = PutNumber(at, row.duration_us);
  at = PutNumber(at, row.http_status);
  at = PutNumber(at, static_cast<uint8_t>(row.outcome));
  PutNumber(at, static_cast<uint8_t>(row.settles));
  rows.append(bytes, sizeof(bytes));
  ++count;
  first_at = std::min(first_at, row.started);
  last_at = std::max(last_at, row.started);
  min_position = std::min(min_position, row.position);
  max_position = std::max(max_position, row.position);
}

void AttemptChunk::Clear() {
  std::string kept = std::move(rows);  // its capacity
  kept.clear();
  *this = {};
  rows = std::move(kept);
}

AttemptRow GetAttempt(std::string_view rows, size_t index) {
  AttemptRow row;
  int64_t started = 0;
  uint8_t outcome = 0;
  uint8_t settles = 0;
  const char* at = Load(rows.data() + index * kAttemptBytes, row.position);
  at = Load(at, started);
  at = Load(at, row.lane);
  at = Load(at, row.number);
  at = Load(at, row.duration_us);
  at = Load(at, row.http_status);
  at = Load(at, outcome);
  Load(at, settles);
  row.started = base::FromUnixNanos(started);
  row.outcome = static_cast<model::Outcome>(outcome);
  row.settles = settles != 0;
  return row;
}

}  // namespace carillon::journal
