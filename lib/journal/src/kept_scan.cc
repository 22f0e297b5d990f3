#include "kept_scan.h"

#include <algorithm>
#include <utility>

#include "due_key.h"
#include "parked_row.h"
#include "tenant_level.h"

namespace carillon::journal {

absl::StatusOr<KeptScan> KeptScan::Create(sqlite::Database& database,
                                          const SqliteJournalOptions& options,
                                          const base::Clock& clock, const Gauges& gauges) {
  KeptScan scan(options, clock, gauges);
  if (absl::Status status = scan.PrepareAll(database); !status.ok()) return status;
  return scan;
}

absl::Status KeptScan::PrepareAll(sqlite::Database& database) {
  const std::pair<sqlite::Statement*, const char*> statements[] = {
      {&parked_,
       "SELECT due_ns, position, attempts, group_id, rest, bytes, lane FROM parked "
       "WHERE due_ns <> ?"},
      {&first_from_,
       "SELECT first_position, count, accepted_at FROM journal WHERE first_position >= ? "
       "ORDER BY first_position LIMIT 1"},
      {&chunk_at_,
       "SELECT accepted_at FROM journal WHERE first_position <= ? "
       "ORDER BY first_position DESC LIMIT 1"},
      {&cursors_, "SELECT id, cursor FROM lanes WHERE cursor IS NOT NULL AND closed=0"},
      {&name_, "SELECT tenant, name FROM lanes WHERE id=?"},
  };
  for (const auto& [statement, sql] : statements) {
    absl::StatusOr<sqlite::Statement> prepared = database.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return absl::OkStatus();
}

template <typename F>
absl::Status KeptScan::ForEachRow(F row) {
  parked_.Bind(1, kStuckKey);
  while (true) {
    const absl::StatusOr<bool> more = parked_.Step();
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    uint64_t deliveries = 1;
    if (!parked_.Null(4)) {
      const absl::StatusOr<Parked> parked = GetParked(0, parked_);
      if (!parked.ok()) {
        parked_.Reset();
        return parked.status();
      }
      deliveries += parked->rest.size();
    }
    row(static_cast<LaneId>(parked_.Int(6)), static_cast<uint64_t>(parked_.Int(1)), deliveries,
        static_cast<uint64_t>(parked_.Int(5)));
  }
}

// Positions ascend with time, but for steps of the clock: near those it is not exact.
absl::StatusOr<uint64_t> KeptScan::LastBefore(base::WallTime time) {
  const int64_t cutoff = base::ToUnixNanos(time);
  uint64_t last = 0;
  uint64_t low = 0;
  uint64_t high = gauges_->last_position;
  while (low <= high) {
    const uint64_t middle = low + (high - low) / 2;
    const absl::StatusOr<bool> row = first_from_.Bind(1, static_cast<int64_t>(middle)).Step();
    if (!row.ok()) return row.status();
    const auto first = *row ? static_cast<uint64_t>(first_from_.Int(0)) : 0;
    const auto count = *row ? static_cast<uint64_t>(first_from_.Int(1)) : 0;
    const bool before = *row && first_from_.Int(2) < cutoff;
    if (*row) first_from_.Reset();
    if (before) {
      last = std::max(last, first + count - 1);
      low = first + count;
    } else if (middle == 0) {
      break;
    } else {
      high = middle - 1;
    }
  }
  return last;
}

absl::StatusOr<base::WallTime> KeptScan::AcceptedAt(uint64_t position) {
  const absl::StatusOr<bool> row = chunk_at_.Bind(1, static_cast<int64_t>(position)).Step();
  if (!row.ok()) return row.status();
  if (!*row) return clock_->Wall();
  const base::WallTime at = base::FromUnixNanos(chunk_at_.Int(0));
  chunk_at_.Reset();
  return at;
}

absl::StatusOr<KeptView> KeptScan::Look(uint64_t max_bytes) {
  const base::MonoTime start = clock_->Mono();
  KeptView view;
  view.demand.keep_since = clock_->Wall() - options_.kept_age;
  const absl::StatusOr<uint64_t> too_old = LastBefore(view.demand.keep_since);
  if (!too_old.ok()) return too_old.status();
  Tallies tallies;
  Tally all;
  absl::Status status =
      ForEachRow([&](LaneId lane, uint64_t position, uint64_t deliveries, uint64_t bytes) {
        Tally& tally = tallies[lane];
        tally.oldest = std::min(tally.oldest, position);
        view.deliveries += deliveries;
        view.bytes += bytes;
        if (position <= *too_old) {
          tally.too_old_to = std::max(tally.too_old_to, position);
          return;
        }
        tally.Add(deliveries, bytes);
        all.Add(deliveries, bytes);
      });
  if (!status.ok()) return status;
  std::map<LaneId, EvictionRequest> evict;
  for (const auto& [lane, tally] : tallies) {
    if (tally.too_old_to != 0) evict[lane] = {tally.too_old_to, tally.too_old_to};
  }
  const uint64_t total = std::min(options_.kept_total_bytes, max_bytes);
  status = EvictWhatIsOver(tallies, all, total, *too_old, evict);
  if (status.ok()) status = AddCursors(tallies);
  if (status.ok()) status = NameHolders(tallies, view);
  if (!status.ok()) return status;
  if (!evict.empty()) {
    view.demand.version = ++version_;
    view.demand.evict = std::make_shared<const std::map<LaneId, EvictionRequest>>(std::move(evict));
  }
  pace_.Took(start, clock_->Mono());
  return view;
}

uint64_t KeptScan::Cut(std::vector<Row>& rows, uint64_t max_deliveries, uint64_t max_bytes) {
  std::sort(rows.begin(), rows.end(),
            [](const Row& a, const Row& b) { return a.position > b.position; });
  uint64_t deliveries = 0;
  uint64_t bytes = 0;
  for (const Row& row : rows) {
    deliveries += row.deliveries;
    bytes += row.bytes;
    if (deliveries > max_deliveries || bytes > max_bytes) return row.position;
  }
  return 0;
}

absl::Status KeptScan::EvictWhatIsOver(const Tallies& tallies, const Tally& all, uint64_t max_bytes,
                                       uint64_t too_old, std::map<LaneId, EvictionRequest>& evict) {
  const uint64_t max_deliveries = options_.kept_total_events;
  const bool all_over = all.bytes > max_bytes || all.deliveries > max_deliveries;
  const absl::StatusOr<Levels> levels = TenantLevels(tallies, all);
  if (!levels.ok()) return levels.status();
  absl::flat_hash_map<LaneId, std::vector<Row>> over;
  for (const auto& [lane, level] : *levels) over[lane];
  for (const auto& [lane, tally] : tallies) {
    if (tally.bytes > options_.kept_bytes || tally.deliveries > options_.kept_events) over[lane];
  }
  if (!all_over && over.empty()) return absl::OkStatus();
  std::vector<Row> everything;
  const absl::Status status =
      ForEachRow([&](LaneId lane, uint64_t position, uint64_t deliveries, uint64_t bytes) {
        if (position <= too_old) return;
        const Row row{position, bytes, static_cast<uint32_t>(deliveries)};
        if (all_over) everything.push_back(row);
        if (const auto mine = over.find(lane); mine != over.end()) mine->second.push_back(row);
      });
  if (!status.ok()) return status;
  const uint64_t cut = all_over ? Cut(everything, max_deliveries, max_bytes) : 0;
  for (const auto& [lane, tally] : tallies) {
    uint64_t up_to = cut >= tally.oldest ? cut : 0;
    uint64_t of_tenant = 0;
    if (const auto mine = over.find(lane); mine != over.end()) {
      up_to = std::max(up_to, Cut(mine->second, options_.kept_events, options_.kept_bytes));
      const auto level = levels->find(lane);
      if (level != levels->end()) of_tenant = Cut(mine->second, UINT64_MAX, level->second);
    }
    if (up_to == 0 && of_tenant == 0) continue;
    EvictionRequest& mine = evict[lane];
    mine.up_to = std::max(mine.up_to, up_to);
    if (of_tenant <= mine.up_to) continue;
    mine.of_tenant_above = std::exchange(mine.up_to, of_tenant);
  }
  return absl::OkStatus();
}

// What a destination has over its own bound goes anyway, and so counts for nobody.
absl::StatusOr<KeptScan::Levels> KeptScan::TenantLevels(const Tallies& tallies, const Tally& all) {
  Levels levels;
  const TenantBounds* const bounds = options_.tenant_bounds.get();
  if (bounds == nullptr || all.bytes <= bounds->Lowest()) return levels;
  std::map<std::string, std::vector<std::pair<LaneId, uint64_t>>> tenants;
  for (const auto& [lane, tally] : tallies) {
    if (tally.bytes == 0) continue;
    absl::StatusOr<std::optional<LaneName>> name = NameOf(lane);
    if (!name.ok()) return name.status();
    if (!*name) continue;
    tenants[std::move((*name)->tenant)].emplace_back(lane,
                                                     std::min(tally.bytes, options_.kept_bytes));
  }
  for (const auto& [tenant, lanes] : tenants) {
    std::vector<uint64_t> bytes;
    for (const auto& [lane, kept] : lanes) bytes.push_back(kept);
    const uint64_t level = LevelWithin(std::move(bytes), bounds->Of(tenant));
    for (const auto& [lane, kept] : lanes) {
      if (kept > level) levels[lane] = level;
    }
  }
  return levels;
}

absl::StatusOr<std::optional<LaneName>> KeptScan::NameOf(LaneId lane) {
  const absl::StatusOr<bool> row = name_.Bind(1, lane).Step();
  if (!row.ok()) return row.status();
  if (!*row) return std::nullopt;
  LaneName name{std::string(name_.Blob(0)), std::string(name_.Blob(1))};
  name_.Reset();
  return name;
}

// How much lies behind a cursor for its lane is known only when it is read: what it keeps others
// from removing is what counts here, and that is estimated.
absl::Status KeptScan::AddCursors(Tallies& tallies) {
  const uint64_t last = gauges_->last_position;
  const absl::StatusOr<bool> first = first_from_.Bind(1, 0).Step();
  if (!first.ok()) return first.status();
  if (!*first) return absl::OkStatus();
  const auto begin = static_cast<uint64_t>(first_from_.Int(0));
  first_from_.Reset();
  const double each = static_cast<double>(gauges_->event_bytes) /
                      static_cast<double>(last - std::min(begin, last) + 1);
  while (true) {
    const absl::StatusOr<bool> row = cursors_.Step();
    if (!row.ok()) return row.status();
    if (!*row) return absl::OkStatus();
    const auto cursor = static_cast<uint64_t>(cursors_.Int(1));
    if (cursor > last) continue;
    Tally& tally = tallies[static_cast<LaneId>(cursors_.Int(0))];
    tally.oldest = std::min(tally.oldest, cursor);
    tally.bytes += static_cast<uint64_t>(each * static_cast<double>(last - cursor + 1));
  }
}

absl::Status KeptScan::NameHolders(const Tallies& tallies, KeptView& view) {
  std::vector<std::pair<LaneId, Tally>> most(tallies.begin(), tallies.end());
  const size_t count = std::min(most.size(), kMaxHolders);
  std::partial_sort(most.begin(), most.begin() + static_cast<std::ptrdiff_t>(count), most.end(),
                    [](const auto& a, const auto& b) {
                      return std::pair(b.second.bytes, a.first) <
                             std::pair(a.second.bytes, b.first);
                    });
  most.resize(count);
  for (const auto& [lane, tally] : most) {
    absl::StatusOr<std::optional<LaneName>> name = NameOf(lane);
    if (!name.ok()) return name.status();
    if (!*name) continue;
    Holder holder{.tenant = std::move((*name)->tenant),
                  .name = std::move((*name)->name),
                  .deliveries = tally.deliveries,
                  .bytes = tally.bytes};
    const absl::StatusOr<base::WallTime> since = AcceptedAt(tally.oldest);
    if (!since.ok()) return since.status();
    holder.since = *since;
    view.holders.push_back(std::move(holder));
  }
  return absl::OkStatus();
}

}  // namespace carillon::journal
