// What a segment gets when it is full.
#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "segment_writer.h"

namespace carillon::deliverylog {
namespace {

// Of a row that is in none of the lists of a kind.
constexpr uint32_t kNoList = UINT32_MAX;

uint32_t FailedOutcome(const TailRow& row) {
  return row.outcome == model::Outcome::kSuccess ? kNoList : static_cast<uint32_t>(row.outcome);
}

uint32_t OtherState(const TailRow& row) {
  return row.state == State::kDelivered ? kNoList : static_cast<uint32_t>(row.state);
}

}  // namespace

absl::Status SegmentWriter::Seal() {
  absl::Status status = database_.Exec("BEGIN IMMEDIATE");
  if (status.ok()) status = WriteLists();
  if (status.ok()) status = WriteHashes(HashKind::kEventId);
  if (status.ok()) status = WriteHashes(HashKind::kPosition);
  if (status.ok()) status = SetHead("rows", static_cast<int64_t>(tail_->size()));
  if (status.ok()) status = SetHead("oldest", base::ToUnixNanos(oldest_));
  if (status.ok()) status = SetHead("newest", base::ToUnixNanos(newest_));
  if (status.ok()) status = database_.Exec("COMMIT");
  if (!status.ok()) {
    database_.Rollback();
    return status;
  }
  // A reader may be at it; then the file beside it goes with the last connection.
  (void)database_.Exec("PRAGMA wal_checkpoint(TRUNCATE)");
  return status;
}

template <typename ValueOf>
absl::Status SegmentWriter::WriteListsOf(ListKind kind, ValueOf value_of) {
  std::vector<std::vector<uint32_t>> lists;  // by value, which are numbers from 0 on
  const Tail& tail = *tail_;
  const auto size = static_cast<uint32_t>(tail.size());
  for (uint32_t i = 0; i < size; ++i) {
    const uint32_t value = value_of(tail[i]);
    if (value == kNoList) continue;
    if (value >= lists.size()) lists.resize(value + 1);
    lists[value].push_back(i);
  }
  for (uint32_t value = 0; value < lists.size(); ++value) {
    if (lists[value].empty()) continue;
    const std::string bytes = EncodeRows(lists[value]);
    const absl::Status status = add_list_.Bind(1, ListKey(kind, value)).BindBlob(2, bytes).Run();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SegmentWriter::WriteLists() {
  absl::Status status =
      WriteListsOf(ListKind::kTenant, [](const TailRow& row) { return row.tenant; });
  if (status.ok()) {
    status =
        WriteListsOf(ListKind::kDestination, [](const TailRow& row) { return row.destination; });
  }
  if (status.ok()) {
    status = WriteListsOf(ListKind::kEventType, [](const TailRow& row) { return row.event_type; });
  }
  if (status.ok()) status = WriteListsOf(ListKind::kOutcome, FailedOutcome);
  if (status.ok()) status = WriteListsOf(ListKind::kState, OtherState);
  return status;
}

absl::Status SegmentWriter::WriteHashes(HashKind kind) {
  const Tail& tail = *tail_;
  std::vector<HashedRow> hashes(tail.size());
  for (uint32_t i = 0; i < hashes.size(); ++i) {
    hashes[i] = {kind == HashKind::kEventId ? tail[i].id_hash : HashOf(tail[i].position), i};
  }
  SortByHash(hashes);
  uint32_t n = 0;
  std::optional<uint32_t> before;
  for (size_t at = 0; at < hashes.size(); at += kHashPage) {
    const uint32_t hash = hashes[at].first;
    n = before == hash ? n + 1 : 0;
    before = hash;
    const std::string bytes =
        EncodeHashes(std::span(hashes).subspan(at, std::min(kHashPage, hashes.size() - at)));
    const absl::Status status = add_hash_.Bind(1, HashKey(kind, hash, n)).BindBlob(2, bytes).Run();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace carillon::deliverylog
