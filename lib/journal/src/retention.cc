#include "retention.h"

#include <algorithm>
#include <utility>

#include "chunk.h"
#include "due_key.h"
#include "parked_row.h"

namespace carillon::journal {
namespace {

constexpr size_t kChunksPerStep = 64;
constexpr size_t kDeadPerStep = 1000;
constexpr int64_t kDeadPerScan = 200'000;
/// Chunks that one pass looks at behind the floor.
constexpr int kChunksAhead = 4096;

/// Dead deliveries that are kept at most: what they take is little beside the events.
uint64_t MaxDead(const SqliteJournalOptions& options) {
  return std::clamp<uint64_t>(options.retention_bytes / 400, 1000, 1'000'000);
}

}  // namespace

Retention::Retention(const SqliteJournalOptions& options, const base::Clock& clock,
                     const Gauges& gauges)
    : options_(options), clock_(&clock), gauges_(&gauges) {}

absl::StatusOr<Retention> Retention::Create(sqlite::Database& database,
                                            const SqliteJournalOptions& options,
                                            const base::Clock& clock, const Gauges& gauges) {
  Retention retention(options, clock, gauges);
  if (absl::Status status = retention.PrepareAll(database); !status.ok()) return status;
  return retention;
}

absl::Status Retention::PrepareAll(sqlite::Database& database) {
  const std::pair<sqlite::Statement*, const char*> statements[] = {
      {&events_,
       "SELECT first_position, count, accepted_at, length(records) FROM journal "
       "WHERE first_position >= ? ORDER BY first_position LIMIT 1"},
      {&attempts_,
       "SELECT id, last_at, length(rows) FROM attempt_log WHERE id >= ? ORDER BY id LIMIT 1"},
      {&ids_,
       "SELECT first_position FROM ids WHERE first_position < "
       "(SELECT max(first_position) FROM ids WHERE first_position <= ?) "
       "ORDER BY first_position LIMIT 1000"},
      {&old_dead_, "SELECT lane, position FROM dead WHERE position <= ? AND at < ? LIMIT ?"},
      {&most_dead_, "SELECT lane, position FROM dead WHERE position <= ? ORDER BY at LIMIT ?"},
      {&parked_,
       "SELECT due_ns, position, attempts, group_id, rest, bytes, lane FROM parked "
       "WHERE due_ns <> ?"},
      {&chunk_from_,
       "SELECT first_position, count, accepted_at, length(records) FROM journal "
       "WHERE first_position <= ? ORDER BY first_position DESC LIMIT 1"},
      {&chunk_, "SELECT count, accepted_at, crc, records FROM journal WHERE first_position = ?"},
  };
  for (const auto& [statement, sql] : statements) {
    absl::StatusOr<sqlite::Statement> prepared = database.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return absl::OkStatus();
}

void Retention::Begin(uint64_t missing_bytes) {
  worked_ = {};
  floor_ = gauges_->floor;
  attempt_floor_ = gauges_->attempt_floor;
  cutoff_ = base::ToUnixNanos(clock_->Wall() - options_.retention_age);
  const uint64_t bytes = gauges_->event_bytes + gauges_->attempt_bytes;
  over_bytes_ = bytes > options_.retention_bytes ? bytes - options_.retention_bytes : 0;
  over_bytes_ = std::max(over_bytes_, missing_bytes);
  events_from_ = 0;
  attempts_from_ = 0;
  ForgetParked();
}

void Retention::ForgetParked() {
  if (std::exchange(parked_known_, false) && !parked_positions_.empty()) {
    const base::MonoTime now = clock_->Mono();
    parked_pace_.Took(now - worked_, now);
  }
  std::vector<uint64_t>().swap(parked_positions_);
}

absl::StatusOr<RetentionStep> Retention::Next() {
  RetentionStep step;
  const auto start = clock_->Mono();
  absl::Status status = AddEventsAndAttempts(step);
  if (status.ok()) status = AddIds(step);
  if (status.ok()) status = AddDead(step);
  worked_ += clock_->Mono() - start;
  if (!status.ok()) return status;
  if (step.empty()) ForgetParked();
  return step;
}

absl::StatusOr<Retention::Oldest> Retention::OldestEvents() {
  while (true) {
    const absl::StatusOr<bool> row = events_.Bind(1, events_from_).Step();
    if (!row.ok()) return row.status();
    if (!*row) return Oldest{};
    Oldest oldest{.removable = true,
                  .key = events_.Int(0),
                  .at = events_.Int(2),
                  .bytes = static_cast<uint64_t>(events_.Int(3)),
                  .thinned = {}};
    const auto first = static_cast<uint64_t>(oldest.key);
    const auto count = static_cast<uint64_t>(events_.Int(1));
    const uint64_t last = first + count - 1;
    events_.Reset();
    if (last > floor_ || (over_bytes_ == 0 && oldest.at >= cutoff_)) return Oldest{};
    const absl::StatusOr<bool> known = KnowParked();
    if (!known.ok()) return known.status();
    if (!*known) return Oldest{};
    const std::span<const uint64_t> parked = ParkedAmong(first, last);
    if (parked.empty()) return oldest;
    if (absl::Status status = Thin(oldest, count, parked); !status.ok()) return status;
    if (oldest.thinned) return oldest;
    events_from_ = static_cast<int64_t>(last) + 1;
  }
}

absl::StatusOr<Retention::Oldest> Retention::OldestAttempts() {
  const absl::StatusOr<bool> row = attempts_.Bind(1, attempts_from_).Step();
  if (!row.ok()) return row.status();
  if (!*row) return Oldest{};
  const Oldest oldest{.removable = true,
                      .key = attempts_.Int(0),
                      .at = attempts_.Int(1),
                      .bytes = static_cast<uint64_t>(attempts_.Int(2)),
                      .thinned = {}};
  attempts_.Reset();
  if (oldest.key >= attempt_floor_ || (over_bytes_ == 0 && oldest.at >= cutoff_)) return Oldest{};
  return oldest;
}

absl::Status Retention::AddEventsAndAttempts(RetentionStep& step) {
  while (step.events.size() + step.thinned.size() + step.attempts.size() < kChunksPerStep) {
    absl::StatusOr<Oldest> events = OldestEvents();
    if (!events.ok()) return events.status();
    const absl::StatusOr<Oldest> attempts = OldestAttempts();
    if (!attempts.ok()) return attempts.status();
    if (!events->removable && !attempts->removable) return absl::OkStatus();
    const bool take_events =
        events->removable && (!attempts->removable || events->at <= attempts->at);
    if (take_events) {
      events_from_ = events->key + 1;
      step.event_bytes += events->bytes;
      if (events->thinned) {
        step.thinned.push_back(*std::move(events->thinned));
      } else {
        left_.erase(events->key);
        step.events.push_back(events->key);
      }
    } else {
      step.attempts.push_back(attempts->key);
      step.attempt_bytes += attempts->bytes;
      attempts_from_ = attempts->key + 1;
    }
    over_bytes_ -= std::min(over_bytes_, take_events ? events->bytes : attempts->bytes);
  }
  return absl::OkStatus();
}

absl::Status Retention::AddIds(RetentionStep& step) {
  ids_.Bind(1, static_cast<int64_t>(gauges_->ids_front.load()));
  while (true) {
    const absl::StatusOr<bool> row = ids_.Step();
    if (!row.ok()) return row.status();
    if (!*row) return absl::OkStatus();
    step.ids.push_back(ids_.Int(0));
  }
}

absl::Status Retention::AddDead(RetentionStep& step) {
  if (dead_at_ == dead_found_.size()) {
    if (!dead_pace_.Due(clock_->Mono())) return absl::OkStatus();
    if (absl::Status status = FindDead(); !status.ok()) return status;
  }
  const size_t end = std::min(dead_found_.size(), dead_at_ + kDeadPerStep);
  step.dead.assign(dead_found_.begin() + static_cast<std::ptrdiff_t>(dead_at_),
                   dead_found_.begin() + static_cast<std::ptrdiff_t>(end));
  dead_at_ = end;
  return absl::OkStatus();
}

// Those above the floor are needed, however old: a start would find their deliveries unsettled
// without them, and send what is dead.
absl::Status Retention::FindDead() {
  const auto start = clock_->Mono();
  dead_at_ = 0;
  dead_found_.clear();
  const uint64_t dead = gauges_->dead;
  const uint64_t most = MaxDead(options_);
  sqlite::Statement& found = dead > most ? most_dead_ : old_dead_;
  if (dead > most) {
    const int64_t too_many = static_cast<int64_t>(dead - most);
    most_dead_.Bind(1, static_cast<int64_t>(floor_)).Bind(2, std::min(kDeadPerScan, too_many));
  } else {
    old_dead_.Bind(1, static_cast<int64_t>(floor_)).Bind(2, cutoff_).Bind(3, kDeadPerScan);
  }
  while (true) {
    const absl::StatusOr<bool> row = found.Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    dead_found_.emplace_back(static_cast<LaneId>(found.Int(0)),
                             static_cast<uint64_t>(found.Int(1)));
  }
  dead_pace_.Took(start, clock_->Mono());
  return absl::OkStatus();
}

absl::StatusOr<bool> Retention::KnowParked() {
  if (parked_known_) return true;
  if (!parked_pace_.Due(clock_->Mono())) return false;
  const auto start = clock_->Mono();
  const auto keep = [this](uint64_t position) {
    if (position <= floor_) parked_positions_.push_back(position);
  };
  parked_.Bind(1, kStuckKey);
  while (true) {
    const absl::StatusOr<bool> row = parked_.Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    const absl::StatusOr<Parked> parked = GetParked(static_cast<LaneId>(parked_.Int(6)), parked_);
    if (!parked.ok()) {
      parked_.Reset();
      return parked.status();
    }
    keep(parked->position);
    for (const BatchMember& member : parked->rest) keep(member.position);
  }
  std::sort(parked_positions_.begin(), parked_positions_.end());
  parked_pace_.Took(start, clock_->Mono());
  parked_known_ = true;
  return true;
}

std::span<const uint64_t> Retention::ParkedAmong(uint64_t first, uint64_t last) const {
  const auto begin = std::lower_bound(parked_positions_.begin(), parked_positions_.end(), first);
  return {begin, std::upper_bound(begin, parked_positions_.end(), last)};
}

// A chunk that keeps more than three quarters of its events stays as it is. One that is damaged
// does too: who reads it will say so.
absl::Status Retention::Thin(Oldest& oldest, uint64_t count, std::span<const uint64_t> parked) {
  const auto known = left_.find(oldest.key);
  const size_t left = known == left_.end() ? static_cast<size_t>(count) : known->second;
  const std::vector<uint64_t> wanted = [&] {
    std::vector<uint64_t> each(parked.begin(), parked.end());
    each.erase(std::unique(each.begin(), each.end()), each.end());
    return each;
  }();
  if (wanted.size() * 4 > left * 3) return absl::OkStatus();
  const absl::StatusOr<bool> row = chunk_.Bind(1, oldest.key).Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::OkStatus();
  const ChunkHead head{static_cast<uint64_t>(oldest.key), static_cast<uint32_t>(chunk_.Int(0)),
                       base::FromUnixNanos(chunk_.Int(1))};
  const auto view = ChunkView::Open(head, static_cast<uint32_t>(chunk_.Int(2)), chunk_.Blob(3));
  absl::StatusOr<std::string> records =
      view.ok() ? view->Thin(wanted) : absl::StatusOr<std::string>(view.status());
  const uint64_t before = chunk_.Blob(3).size();
  chunk_.Reset();
  left_[oldest.key] = wanted.size();
  if (!records.ok() || records->size() >= before) return absl::OkStatus();
  oldest.bytes = before - records->size();
  const uint32_t crc = ChunkCrc(head, *records);
  oldest.thinned = ThinnedChunk{oldest.key, crc, *std::move(records)};
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> Retention::LeaveTo() {
  const uint64_t watermark = gauges_->watermark;
  uint64_t leave_to = 0;
  uint64_t over = over_bytes_;
  auto from = static_cast<int64_t>(floor_) + 1;
  for (int i = 0; floor_ < watermark && i < kChunksAhead; ++i) {
    // The chunk that holds the position behind the floor began at or before it.
    const absl::StatusOr<bool> row = (i == 0 ? chunk_from_ : events_).Bind(1, from).Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    sqlite::Statement& at = i == 0 ? chunk_from_ : events_;
    const uint64_t last = static_cast<uint64_t>(at.Int(0)) + static_cast<uint64_t>(at.Int(1)) - 1;
    const bool leaves = last <= watermark && (over > 0 || at.Int(2) < cutoff_);
    over -= std::min(over, static_cast<uint64_t>(at.Int(3)));
    at.Reset();
    if (!leaves) break;
    leave_to = last;
    from = static_cast<int64_t>(last) + 1;
  }
  return leave_to > floor_ ? leave_to : 0;
}

}  // namespace carillon::journal
