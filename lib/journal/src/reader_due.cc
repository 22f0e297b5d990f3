// What the reader knows of parked rows and attempts.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chunk.h"
#include "due_key.h"
#include "parked_row.h"
#include "reader.h"

namespace carillon::journal {
namespace {

constexpr size_t kMaxDueRows = 100'000;
/// One answer carries about this much; what is beyond is told as `next`.
constexpr size_t kMaxDueBytes = 8 << 20;
constexpr size_t kLoadAtOnce = 256;
/// Rows that one page is looked for in.
constexpr size_t kPageRows = 20'000;

size_t Bytes(const DueDelivery& due) {
  size_t bytes = due.event != nullptr ? due.event->bytes() : 0;
  for (const model::EventPtr& event : due.rest) {
    bytes += sizeof(BatchMember) + (event != nullptr ? event->bytes() : 0);
  }
  return bytes;
}

/// Cuts off the rows before which there are bytes enough; true when there were such.
bool CutAtBytes(DueDeliveries& result, size_t begin, size_t& bytes) {
  for (size_t i = begin; i < result.due.size(); ++i) {
    if (bytes >= kMaxDueBytes) {
      result.next = result.due[i].parked.due;
      result.due.resize(i);
      return true;
    }
    bytes += Bytes(result.due[i]);
  }
  return false;
}

}  // namespace

absl::StatusOr<DueDeliveries> Reader::TakeDue(LaneId lane, base::WallTime until, size_t limit) {
  return Take(lane, KeyOf(Due()), kStuckKey, Due::At(until), limit);
}

absl::StatusOr<DueDeliveries> Reader::TakeHeld(LaneId lane, GroupId group, size_t limit) {
  const Due due = group == 0 ? Due::Stuck() : Due::Held(group);
  return Take(lane, HeldKey(group), HeldKey(group + 1), due, limit);
}

absl::StatusOr<DueDeliveries> Reader::TakeKept(LaneId lane, uint64_t from, size_t limit) {
  const Snapshot snapshot(*this);
  if (!snapshot.status().ok()) return snapshot.status();
  kept_.Bind(1, lane).Bind(2, kKeptKey).Bind(3, static_cast<int64_t>(from));
  return TakeRows(kept_, lane, Due::Kept(), limit);
}

absl::StatusOr<ParkedPage> Reader::ListParked(LaneId lane, uint64_t up_to, ParkedKey from,
                                              size_t limit) {
  const Snapshot snapshot(*this);
  if (!snapshot.status().ok()) return snapshot.status();
  kept_.Bind(1, lane).Bind(2, KeyOf(from.due)).Bind(3, static_cast<int64_t>(from.position));
  ParkedPage page;
  for (size_t looks = 0;; ++looks) {
    const absl::StatusOr<bool> row = kept_.Step();
    if (!row.ok()) return row.status();
    if (!*row) return page;
    absl::StatusOr<Parked> parked = GetParked(lane, kept_);
    if (!parked.ok()) return parked.status();
    if (looks >= kPageRows || page.rows.size() >= limit) {
      page.next = ParkedKey{lane, parked->due, parked->position};
      return page;
    }
    if (!IsMark(*parked) && parked->position <= up_to) page.rows.push_back(*std::move(parked));
  }
}

absl::StatusOr<AttemptPage> Reader::ReadAttempts(uint64_t after, size_t limit) {
  const Snapshot snapshot(*this);
  if (!snapshot.status().ok()) return snapshot.status();
  AttemptPage page;
  page.through = after;
  attempts_.Bind(1, static_cast<int64_t>(after));
  while (true) {
    const absl::StatusOr<bool> row = attempts_.Step();
    if (!row.ok()) return row.status();
    page.more = *row && page.rows.size() >= limit;
    if (!*row || page.more) return page;
    const std::string_view rows = attempts_.Blob(2);
    if (rows.size() % kAttemptBytes != 0 ||
        BytesCrc(rows) != static_cast<uint32_t>(attempts_.Int(1))) {
      if (!page.rows.empty()) {  // what comes before it is told first
        page.more = true;
        return page;
      }
      return absl::DataLossError(
          absl::StrCat("chunk ", attempts_.Int(0), " of the attempt log is damaged"));
    }
    for (size_t i = 0; i < rows.size() / kAttemptBytes; ++i) {
      page.rows.push_back(GetAttempt(rows, i));
    }
    page.through = static_cast<uint64_t>(attempts_.Int(0));
  }
}

absl::StatusOr<DueDeliveries> Reader::Take(LaneId lane, int64_t first, int64_t end, Due until,
                                           size_t limit) {
  const Snapshot snapshot(*this);
  if (!snapshot.status().ok()) return snapshot.status();
  due_.Bind(1, lane).Bind(2, first).Bind(3, end);
  return TakeRows(due_, lane, until, limit);
}

absl::StatusOr<DueDeliveries> Reader::TakeRows(sqlite::Statement& statement, LaneId lane, Due until,
                                               size_t limit) {
  limit = std::min(limit, kMaxDueRows);
  DueDeliveries result;
  size_t loaded = 0;   // rows
  size_t waiting = 0;  // deliveries in the rows behind them
  size_t bytes = 0;
  while (true) {
    const absl::StatusOr<bool> row = statement.Step();
    if (!row.ok()) return row.status();
    absl::StatusOr<Parked> parked = *row ? GetParked(lane, statement) : Parked();
    if (!parked.ok()) return parked.status();
    const bool last = !*row || parked->due > until || result.due.size() >= limit;
    if (last || waiting >= kLoadAtOnce) {
      if (absl::Status status = Load(std::span(result.due).subspan(loaded)); !status.ok()) {
        return status;
      }
      if (CutAtBytes(result, std::exchange(loaded, result.due.size()), bytes)) return result;
      waiting = 0;
    }
    if (last) {
      if (*row) result.next = parked->due;
      return result;
    }
    waiting += 1 + parked->rest.size();
    result.due.push_back({*std::move(parked), nullptr, {}});
  }
}

absl::Status Reader::Load(std::span<DueDelivery> due) {
  std::vector<Wanted> ascending;
  for (DueDelivery& one : due) {
    ascending.push_back({one.parked.position, &one.event});
    one.rest.resize(one.parked.rest.size());
    for (size_t i = 0; i < one.rest.size(); ++i) {
      ascending.push_back({one.parked.rest[i].position, &one.rest[i]});
    }
  }
  std::sort(ascending.begin(), ascending.end(),
            [](const Wanted& a, const Wanted& b) { return a.position < b.position; });
  std::span<const Wanted> wanted(ascending);
  while (!wanted.empty()) {
    const absl::StatusOr<size_t> loaded = LoadFromOneChunk(wanted);
    if (!loaded.ok()) return loaded.status();
    wanted = wanted.subspan(*loaded);
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> Reader::LoadFromOneChunk(std::span<const Wanted> wanted) {
  const uint64_t position = wanted.front().position;
  const auto inside = [&](const ChunkHead& head) {
    size_t n = 0;
    while (n < wanted.size() && wanted[n].position <= head.last_position()) ++n;
    return n;
  };
  const auto fill = [&](const DecodedChunk& chunk) {
    const size_t n = inside(chunk.head);
    for (const Wanted& one : wanted.first(n)) {
      *one.event = chunk.At(one.position);
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
    for (const Wanted& one : wanted.first(n)) positions.push_back(one.position);
    absl::StatusOr<Events> events = view->Some(positions);
    for (size_t i = 0; events.ok() && i < n; ++i) *wanted[i].event = (*events)[i];
    status = events.status();
  }
  at_.Reset();
  if (!status.ok()) return status;
  return n;
}

}  // namespace carillon::journal
