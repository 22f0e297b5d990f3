#include "query_runner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace carillon::deliverylog {
namespace {

bool Fulfills(const Record& record, const Query& query) {
  const Figures& figures = record.figures;
  if (query.tenant && record.tenant != *query.tenant) return false;
  if (query.destination && record.destination != *query.destination) return false;
  if (query.event_type && record.event_type != *query.event_type) return false;
  if (query.event_id && record.event_id != *query.event_id) return false;
  if (query.position && figures.position != *query.position) return false;
  if (query.outcome && figures.outcome != *query.outcome) return false;
  if (query.state && figures.state != *query.state) return false;
  if (query.from && figures.started < *query.from) return false;
  return !query.to || figures.started < *query.to;
}

// Rows of a tail that are looked through before those found among them are read: a page often has
// enough of the newest.
constexpr uint32_t kStretch = 512;

/// Only odd rows fulfill it.
bool IsOfOdd(const Query& query) {
  return (query.outcome && *query.outcome != model::Outcome::kSuccess) ||
         (query.state && *query.state != State::kDelivered);
}

bool MayFulfill(const TailRow& row, const SegmentReader::Wanted& wanted, const Query& query) {
  if (wanted.tenant && row.tenant != *wanted.tenant) return false;
  if (wanted.destination && row.destination != *wanted.destination) return false;
  if (wanted.event_type && row.event_type != *wanted.event_type) return false;
  if (wanted.id_hash && row.id_hash != *wanted.id_hash) return false;
  if (query.position && row.position != *query.position) return false;
  if (query.outcome && row.outcome != *query.outcome) return false;
  if (query.state && row.state != *query.state) return false;
  if (query.from && row.started < *query.from) return false;
  return !query.to || row.started < *query.to;
}

}  // namespace

/// A query under way.
struct QueryRunner::Scan {
  const Query& query;
  const std::vector<SegmentEntry> segments;  // the oldest first
  const base::MonoTime until;
  size_t rows = 0;  // that were looked at
  Page page;
  bool full = false;  // of records, or of work

  void Stop(uint64_t before) {
    full = true;
    page.next = before;
  }
  void SeenTo(base::WallTime started) { page.scanned_to = std::min(page.scanned_to, started); }
};

absl::StatusOr<Page> QueryRunner::Find(const Query& query) {
  damaged_.reset();
  Scan scan{.query = query, .segments = catalog_.All(), .until = clock_.Mono() + query.max_time};
  scan.page.scanned_to = query.to.value_or(clock_.Wall());
  for (size_t i = scan.segments.size(); i > 0 && !scan.full; --i) {
    const absl::Status status = FindIn(scan, i - 1);
    if (status.ok() || absl::IsNotFound(status)) continue;  // retention took it meanwhile
    if (absl::IsDataLoss(status)) damaged_ = scan.segments[i - 1].first;
    return status;
  }
  if (scan.page.next && *scan.page.next <= query.since) scan.page.next.reset();
  return std::move(scan.page);
}

absl::Status QueryRunner::FindIn(Scan& scan, size_t index) {
  const SegmentEntry& segment = scan.segments[index];
  const Query& query = scan.query;
  if (segment.first >= query.before || segment.end() == segment.first) return absl::OkStatus();
  if (segment.end() <= query.since) return absl::OkStatus();
  const bool bounds = !segment.tail;  // those of a tail move
  if (bounds && query.from && segment.newest < *query.from) {
    scan.SeenTo(segment.oldest);
    return absl::OkStatus();
  }
  if (bounds && query.to && segment.oldest >= *query.to) return absl::OkStatus();
  // Not before there is something to go on from: each page gets further than the one before.
  if (scan.rows > 0 && clock_.Mono() >= scan.until) {
    scan.Stop(segment.end());
    return absl::OkStatus();
  }
  const absl::StatusOr<ReaderPtr> reader = At(segment);
  if (!reader.ok()) return reader.status();
  const auto wanted = (*reader)->Resolve(query);
  if (!wanted.ok()) return wanted.status();
  scan.rows += 1;
  const auto end = static_cast<uint32_t>(std::min(segment.end(), query.before) - segment.first);
  if (segment.tail) return FindInTail(scan, index, **reader, *wanted, end);
  const auto candidates = (*reader)->Candidates(*wanted, query);
  if (!candidates.ok()) return candidates.status();
  const absl::Status status = LookAt(scan, index, **reader, *candidates, end);
  if (status.ok() && !scan.full) scan.SeenTo(segment.oldest);
  return status;
}

absl::Status QueryRunner::FindInTail(Scan& scan, size_t index, SegmentReader& reader,
                                     const SegmentReader::Wanted& wanted, uint32_t end) {
  if (wanted.nothing) return absl::OkStatus();
  const SegmentEntry& segment = scan.segments[index];
  const Tail& tail = *segment.tail;
  const auto may_not = [&](uint32_t row) { return !MayFulfill(tail[row], wanted, scan.query); };
  if (scan.query.position || IsOfOdd(scan.query)) {
    std::vector<uint32_t> rows =
        scan.query.position ? tail.AtPosition(*scan.query.position) : tail.OddRows();
    std::erase_if(rows, may_not);
    return LookAt(scan, index, reader, rows, end);
  }
  while (end > 0 && !scan.full && segment.first + end > scan.query.since) {
    const uint32_t from = end - std::min(end, kStretch);
    std::vector<uint32_t> rows;
    for (uint32_t row = from; row < end; ++row) {
      if (!may_not(row)) rows.push_back(row);
    }
    const absl::Status status = LookAt(scan, index, reader, rows, end);
    if (!status.ok()) return status;
    end = from;
  }
  return absl::OkStatus();
}

absl::Status QueryRunner::LookAt(Scan& scan, size_t index, SegmentReader& reader,
                                 const std::optional<std::vector<uint32_t>>& rows, uint32_t end) {
  size_t left = end;
  if (rows) left = std::lower_bound(rows->begin(), rows->end(), end) - rows->begin();
  for (; left > 0 && !scan.full; --left) {
    const uint32_t row = rows ? (*rows)[left - 1] : static_cast<uint32_t>(left - 1);
    if (scan.segments[index].first + row < scan.query.since) break;
    const absl::Status status = Look(scan, index, reader, row);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status QueryRunner::Look(Scan& scan, size_t index, SegmentReader& reader, uint32_t row) {
  const Query& query = scan.query;
  const uint64_t sequence = scan.segments[index].first + row;
  absl::StatusOr<Record> record = reader.Load(row);
  if (!record.ok()) return record.status();
  record->sequence = sequence;
  ++scan.rows;
  scan.SeenTo(record->figures.started);
  bool take = Fulfills(*record, query) && (query.marks || record->figures.state != State::kPurged);
  if (take && query.matches && query.details && record->has_detail) {
    const absl::Status status = reader.LoadDetail(row, *record);
    if (!status.ok()) return status;
  }
  take = take && (!query.matches || query.matches(*record));
  const bool looks_up = take && query.last_only && record->figures.state != State::kDelivered;
  if (looks_up) {
    const absl::StatusOr<bool> later = HasLater(scan, index, row, *record);
    if (!later.ok()) return later.status();
    take = !*later;
  }
  if (take && query.details && record->has_detail && !record->detail) {
    const absl::Status status = reader.LoadDetail(row, *record);
    if (!status.ok()) return status;
  }
  if (take) scan.page.records.push_back(*std::move(record));
  const bool worked = scan.rows >= query.max_rows ||
                      ((looks_up || scan.rows % 64 == 0) && clock_.Mono() >= scan.until);
  if (scan.page.records.size() >= query.limit || worked) scan.Stop(sequence);
  return absl::OkStatus();
}

absl::StatusOr<bool> QueryRunner::HasLater(const Scan& scan, size_t index, uint32_t row,
                                           const Record& record) {
  // Nearly all were delivered, and nearly none of these was sent again.
  if (record.figures.state == State::kDelivered) return false;
  for (size_t i = scan.segments.size(); i-- > index;) {
    const SegmentEntry& segment = scan.segments[i];
    const absl::StatusOr<ReaderPtr> reader = At(segment);
    if (absl::IsNotFound(reader.status())) continue;
    if (!reader.ok()) return reader.status();
    const auto rows = (*reader)->AtPosition(segment, record.figures.position);
    if (!rows.ok()) return rows.status();
    for (const uint32_t other : *rows) {
      if (i == index && other <= row) continue;
      const absl::StatusOr<Record> loaded = (*reader)->Load(other);
      if (!loaded.ok()) return loaded.status();
      if (loaded->figures.position == record.figures.position && loaded->tenant == record.tenant &&
          loaded->destination == record.destination) {
        return true;
      }
    }
  }
  return false;
}

absl::StatusOr<QueryRunner::ReaderPtr> QueryRunner::At(const SegmentEntry& segment) {
  // What was opened while it was written to is opened once more when it is sealed.
  const bool sealed = !segment.tail;
  const auto known = open_.find(segment.first);
  if (known != open_.end() && known->second->sealed() == sealed) return known->second;
  absl::StatusOr<ReaderPtr> opened = absl::NotFoundError(absl::StrCat(segment.path, " is gone"));
  catalog_.WhileThere(segment.first, [&] { opened = SegmentReader::Open(segment.path, sealed); });
  if (!opened.ok()) return opened.status();
  open_[segment.first] = *opened;
  if (open_.size() > kMaxOpen) open_.erase(open_.begin());
  return opened;
}

void QueryRunner::CloseGone() {
  const std::vector<SegmentEntry> all = catalog_.All();
  std::erase_if(open_, [&all](const auto& opened) {
    return std::none_of(all.begin(), all.end(),
                        [&](const SegmentEntry& each) { return each.first == opened.first; });
  });
}

}  // namespace carillon::deliverylog
