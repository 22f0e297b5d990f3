#include "retention.h"

#include <algorithm>
#include <utility>

#include "parked_row.h"

namespace carillon::journal {
namespace {

constexpr size_t kChunksPerStep = 64;
constexpr size_t kDeadPerStep = 1000;

}  // namespace

void Retention::Pace::Took(std::chrono::steady_clock::time_point start) {
  const auto now = std::chrono::steady_clock::now();
  next = now + 20 * (now - start);
}

Retention::Retention(const SqliteJournalOptions& options, const base::Clock& clock,
                     const Gauges& gauges)
    : options_(options), clock_(&clock), gauges_(&gauges) {}

absl::StatusOr<Retention> Retention::Create(Database& database, const SqliteJournalOptions& options,
                                            const base::Clock& clock, const Gauges& gauges) {
  Retention retention(options, clock, gauges);
  if (absl::Status status = retention.PrepareAll(database); !status.ok()) return status;
  return retention;
}

absl::Status Retention::PrepareAll(Database& database) {
  const std::pair<Statement*, const char*> statements[] = {
      {&events_,
       "SELECT first_position, count, accepted_at, length(records) FROM journal "
       "WHERE first_position >= ? ORDER BY first_position LIMIT 1"},
      {&attempts_,
       "SELECT id, last_at, length(rows) FROM attempt_log WHERE id >= ? ORDER BY id LIMIT 1"},
      {&ids_,
       "SELECT first_position FROM ids WHERE first_position < "
       "(SELECT max(first_position) FROM ids WHERE first_position <= ?) "
       "ORDER BY first_position LIMIT 1000"},
      {&dead_, "SELECT lane, position FROM dead WHERE at < ? LIMIT ?"},
      {&parked_,
       "SELECT due_ns, position, attempts, group_id, rest, lane FROM parked WHERE due_ns <> ?"},
  };
  for (const auto& [statement, sql] : statements) {
    absl::StatusOr<Statement> prepared = database.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return absl::OkStatus();
}

void Retention::Begin() {
  floor_ = gauges_->floor;
  attempt_floor_ = gauges_->attempt_floor;
  cutoff_ = base::ToUnixNanos(clock_->Wall() - options_.retention_age);
  const uint64_t bytes = gauges_->event_bytes + gauges_->attempt_bytes;
  over_bytes_ = bytes > options_.retention_bytes ? bytes - options_.retention_bytes : 0;
  events_from_ = 0;
  attempts_from_ = 0;
  dead_done_ = false;
  ForgetParked();
}

void Retention::ForgetParked() {
  parked_known_ = false;
  std::vector<uint64_t>().swap(parked_positions_);
}

absl::StatusOr<RetentionStep> Retention::Next() {
  RetentionStep step;
  absl::Status status = AddEventsAndAttempts(step);
  if (status.ok()) status = AddIds(step);
  if (status.ok()) status = AddDead(step);
  if (!status.ok()) return status;
  if (step.empty()) ForgetParked();
  return step;
}

absl::StatusOr<Retention::Oldest> Retention::OldestEvents() {
  while (true) {
    const absl::StatusOr<bool> row = events_.Bind(1, events_from_).Step();
    if (!row.ok()) return row.status();
    if (!*row) return Oldest{};
    const Oldest oldest{true, events_.Int(0), events_.Int(2),
                        static_cast<uint64_t>(events_.Int(3))};
    const auto first = static_cast<uint64_t>(oldest.key);
    const uint64_t last = first + static_cast<uint64_t>(events_.Int(1)) - 1;
    events_.Reset();
    if (last > floor_ || (over_bytes_ == 0 && oldest.at >= cutoff_)) return Oldest{};
    const absl::StatusOr<bool> known = KnowParked();
    if (!known.ok()) return known.status();
    if (!*known) return Oldest{};
    if (!IsParked(first, last)) return oldest;
    events_from_ = static_cast<int64_t>(last) + 1;
  }
}

absl::StatusOr<Retention::Oldest> Retention::OldestAttempts() {
  const absl::StatusOr<bool> row = attempts_.Bind(1, attempts_from_).Step();
  if (!row.ok()) return row.status();
  if (!*row) return Oldest{};
  const Oldest oldest{true, attempts_.Int(0), attempts_.Int(1),
                      static_cast<uint64_t>(attempts_.Int(2))};
  attempts_.Reset();
  if (oldest.key >= attempt_floor_ || (over_bytes_ == 0 && oldest.at >= cutoff_)) return Oldest{};
  return oldest;
}

absl::Status Retention::AddEventsAndAttempts(RetentionStep& step) {
  while (step.events.size() + step.attempts.size() < kChunksPerStep) {
    const absl::StatusOr<Oldest> events = OldestEvents();
    if (!events.ok()) return events.status();
    const absl::StatusOr<Oldest> attempts = OldestAttempts();
    if (!attempts.ok()) return attempts.status();
    if (!events->removable && !attempts->removable) return absl::OkStatus();
    const bool take_events =
        events->removable && (!attempts->removable || events->at <= attempts->at);
    if (take_events) {
      step.events.push_back(events->key);
      step.event_bytes += events->bytes;
      events_from_ = events->key + 1;
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
  if (dead_done_ || !dead_pace_.Due()) return absl::OkStatus();
  const auto start = std::chrono::steady_clock::now();
  dead_.Bind(1, cutoff_).Bind(2, static_cast<int64_t>(kDeadPerStep));
  while (true) {
    const absl::StatusOr<bool> row = dead_.Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    step.dead.emplace_back(static_cast<LaneId>(dead_.Int(0)), static_cast<uint64_t>(dead_.Int(1)));
  }
  if (step.dead.size() < kDeadPerStep) {
    dead_done_ = true;
    dead_pace_.Took(start);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Retention::KnowParked() {
  if (parked_known_) return true;
  if (!parked_pace_.Due()) return false;
  const auto start = std::chrono::steady_clock::now();
  const auto keep = [this](uint64_t position) {
    if (position <= floor_) parked_positions_.push_back(position);
  };
  parked_.Bind(1, base::ToUnixNanos(HeldDue(0)));
  while (true) {
    const absl::StatusOr<bool> row = parked_.Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    const absl::StatusOr<Parked> parked = GetParked(static_cast<LaneId>(parked_.Int(5)), parked_);
    if (!parked.ok()) {
      parked_.Reset();
      return parked.status();
    }
    keep(parked->position);
    for (const BatchMember& member : parked->rest) keep(member.position);
  }
  std::sort(parked_positions_.begin(), parked_positions_.end());
  parked_pace_.Took(start);
  parked_known_ = true;
  return true;
}

bool Retention::IsParked(uint64_t first, uint64_t last) const {
  const auto at = std::lower_bound(parked_positions_.begin(), parked_positions_.end(), first);
  return at != parked_positions_.end() && *at <= last;
}

}  // namespace carillon::journal
