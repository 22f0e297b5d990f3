#include "codec.h"

#include <algorithm>
#include <boost/sort/spreadsort/integer_sort.hpp>
#include <cstring>
#include <utility>

#include "bytes.h"
#include "carillon/base/crc32.h"
#include "facts_codec.h"

namespace carillon::deliverylog {
namespace {

constexpr size_t kFiguresBytes = 4 * 8 + 2 * 4 + 2 * 2 + 2;
constexpr int kTriggerShift = 4;  // behind the state, in one byte

void PutVarint(std::string& out, uint32_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

std::string WithSum(std::string_view bytes) {
  std::string summed;
  summed.reserve(bytes.size() + sizeof(uint32_t));
  PutNumber(summed, base::Crc32(bytes));
  summed.append(bytes);
  return summed;
}

/// Nullopt: the sum is wrong.
std::optional<Taker> Checked(std::string_view bytes) {
  Taker taker(bytes);
  const auto sum = taker.Number<uint32_t>();
  if (!taker.ok() || sum != base::Crc32(taker.rest())) return std::nullopt;
  return taker;
}

void PutFigures(Putter& to, const Figures& figures) {
  to.Number(figures.position);
  to.Number(base::ToUnixNanos(figures.accepted));
  to.Number(base::ToUnixNanos(figures.started));
  to.Number(base::ToUnixNanos(figures.next));
  to.Number(figures.duration_us);
  to.Number(figures.number);
  to.Number(figures.status);
  to.Number(figures.batch);
  to.Number(static_cast<uint8_t>(figures.outcome));
  to.Number(static_cast<uint8_t>(static_cast<int>(figures.state) | static_cast<int>(figures.trigger)
                                                                       << kTriggerShift));
}

/// False: there are no such outcomes, states or triggers.
bool TakeFigures(Taker& from, Figures& figures) {
  figures.position = from.Number<uint64_t>();
  figures.accepted = base::FromUnixNanos(from.Number<int64_t>());
  figures.started = base::FromUnixNanos(from.Number<int64_t>());
  figures.next = base::FromUnixNanos(from.Number<int64_t>());
  figures.duration_us = from.Number<uint32_t>();
  figures.number = from.Number<uint32_t>();
  figures.status = from.Number<uint16_t>();
  figures.batch = from.Number<uint16_t>();
  const auto outcome = from.Number<uint8_t>();
  const auto ending = from.Number<uint8_t>();
  const int state = ending & ((1 << kTriggerShift) - 1);
  const int trigger = ending >> kTriggerShift;
  figures.outcome = static_cast<model::Outcome>(outcome);
  figures.state = static_cast<State>(state);
  figures.trigger = static_cast<model::Trigger>(trigger);
  return from.ok() && outcome < model::kOutcomeCount && state < kStateCount &&
         trigger < model::kTriggerCount;
}

size_t EntryBytesWithoutDetail(const Entry& entry) {
  return kFiguresBytes + TextBytes(entry.tenant) + TextBytes(entry.destination) +
         TextBytes(entry.event_type) + TextBytes(entry.event_id) + sizeof(uint32_t);
}

}  // namespace

size_t EntryBytes(const Entry& entry) {
  size_t bytes = EntryBytesWithoutDetail(entry);
  if (entry.detail != nullptr) {
    const Detail& detail = *entry.detail;
    bytes += 128 + detail.peer.size() + detail.error.size() + detail.url.size() +
             detail.request.size() + detail.response.size() + detail.body.size() +
             FactsBytes(detail.facts);
  }
  return bytes;
}

void PutEntry(std::string& out, const Entry& entry) {
  Putter to(out, EntryBytesWithoutDetail(entry));
  PutFigures(to, entry.figures);
  for (const std::string_view text :
       {entry.tenant, entry.destination, entry.event_type, entry.event_id}) {
    to.Text(text);
  }
  to.Number(uint32_t{0});
  if (entry.detail == nullptr) return;
  const size_t at = out.size();
  PutDetail(out, *entry.detail);
  const auto bytes = static_cast<uint32_t>(out.size() - at);
  std::memcpy(out.data() + at - sizeof(bytes), &bytes, sizeof(bytes));
}

bool TakeEntry(std::string_view& bytes, RawEntry& entry) {
  Taker from(bytes);
  if (!TakeFigures(from, entry.figures)) return false;
  entry.tenant = from.Text();
  entry.destination = from.Text();
  entry.event_type = from.Text();
  entry.event_id = from.Text();
  entry.detail = from.Text();
  bytes = from.rest();
  return from.ok();
}

void PutDetail(std::string& out, const Detail& detail) {
  const Phases& phases = detail.phases;
  for (const auto time : {phases.dns, phases.connect, phases.tls, phases.first_byte, phases.body}) {
    PutNumber(out, static_cast<int64_t>(time.count()));
  }
  PutNumber(out, detail.sent);
  PutNumber(out, static_cast<uint8_t>(detail.body_cut));
  for (const std::string* text : {&detail.peer, &detail.error, &detail.url, &detail.request,
                                  &detail.response, &detail.body}) {
    PutText(out, *text);
  }
  PutFacts(out, detail.facts);
}

std::optional<Detail> ReadDetail(std::string_view bytes) {
  Taker from(bytes);
  Detail detail;
  Phases& phases = detail.phases;
  for (auto* time : {&phases.dns, &phases.connect, &phases.tls, &phases.first_byte, &phases.body}) {
    *time = std::chrono::nanoseconds(from.Number<int64_t>());
  }
  detail.sent = from.Number<uint64_t>();
  detail.body_cut = from.Number<uint8_t>() != 0;
  for (std::string* text : {&detail.peer, &detail.error, &detail.url, &detail.request,
                            &detail.response, &detail.body}) {
    text->assign(from.Text());
  }
  if (!from.ok()) return std::nullopt;
  std::optional<model::AttemptFacts> facts = ReadFacts(from.rest());
  if (!facts) return std::nullopt;
  detail.facts = *std::move(facts);
  return detail;
}

void BlockWriter::Add(const Row& row) {
  offsets_.push_back(static_cast<uint32_t>(rows_.size()));
  Putter to(rows_, kFiguresBytes + 2 * sizeof(uint32_t) + 1 + TextBytes(row.event_id));
  PutFigures(to, row.figures);
  to.Number(row.destination);
  to.Number(row.event_type);
  to.Number(static_cast<uint8_t>(row.has_detail));
  to.Text(row.event_id);
}

std::string BlockWriter::Finish() {
  std::string block;
  block.reserve(sizeof(uint32_t) * (1 + offsets_.size()) + rows_.size());
  PutNumber(block, static_cast<uint32_t>(offsets_.size()));
  for (const uint32_t offset : offsets_) PutNumber(block, offset);
  block.append(rows_);
  rows_.clear();
  offsets_.clear();
  return WithSum(block);
}

std::optional<BlockView> BlockView::Open(std::string_view bytes) {
  std::optional<Taker> from = Checked(bytes);
  if (!from) return std::nullopt;
  BlockView view;
  view.count_ = from->Number<uint32_t>();
  const std::string_view rest = from->rest();
  if (view.count_ > kBlockRows || rest.size() < view.count_ * sizeof(uint32_t)) return std::nullopt;
  view.offsets_ = rest.substr(0, view.count_ * sizeof(uint32_t));
  view.rows_ = rest.substr(view.offsets_.size());
  return view;
}

std::optional<Row> BlockView::At(size_t index) const {
  if (index >= count_) return std::nullopt;
  uint32_t offset = 0;
  std::memcpy(&offset, offsets_.data() + index * sizeof(offset), sizeof(offset));
  if (offset > rows_.size()) return std::nullopt;
  Taker from(rows_.substr(offset));
  Row row;
  if (!TakeFigures(from, row.figures)) return std::nullopt;
  row.destination = from.Number<uint32_t>();
  row.event_type = from.Number<uint32_t>();
  row.has_detail = from.Number<uint8_t>() != 0;
  row.event_id = from.Text();
  if (!from.ok()) return std::nullopt;
  return row;
}

std::string EncodeRows(std::span<const uint32_t> rows) {
  std::string bytes;
  bytes.reserve(rows.size());  // nearly always a byte each
  uint32_t last = 0;
  for (const uint32_t row : rows) PutVarint(bytes, row - std::exchange(last, row));
  return WithSum(bytes);
}

std::optional<std::vector<uint32_t>> DecodeRows(std::string_view bytes) {
  std::optional<Taker> from = Checked(bytes);
  if (!from) return std::nullopt;
  std::vector<uint32_t> rows;
  for (uint32_t last = 0; !from->AtEnd();) {
    rows.push_back(last += from->Varint());
    if (!from->ok()) return std::nullopt;
  }
  return rows;
}

void SortByHash(std::vector<HashedRow>& hashes) {
  std::vector<uint64_t> sorted(hashes.size());
  std::ranges::transform(hashes, sorted.begin(), [](const HashedRow& row) {
    return uint64_t{row.first} << 32 | row.second;
  });
  boost::sort::spreadsort::integer_sort(sorted.begin(), sorted.end());
  std::ranges::transform(sorted, hashes.begin(), [](uint64_t both) {
    return HashedRow(static_cast<uint32_t>(both >> 32), static_cast<uint32_t>(both));
  });
}

std::string EncodeHashes(std::span<const HashedRow> hashes) {
  std::string bytes;
  bytes.reserve(hashes.size() * 2 * sizeof(uint32_t));
  uint32_t last = 0;
  for (const auto& [hash, row] : hashes) {
    PutVarint(bytes, hash - std::exchange(last, hash));
    PutVarint(bytes, row);
  }
  return WithSum(bytes);
}

std::optional<std::vector<HashedRow>> DecodeHashes(std::string_view bytes) {
  std::optional<Taker> from = Checked(bytes);
  if (!from) return std::nullopt;
  std::vector<HashedRow> hashes;
  for (uint32_t last = 0; !from->AtEnd();) {
    last += from->Varint();
    const uint32_t row = from->Varint();
    if (!from->ok()) return std::nullopt;
    hashes.emplace_back(last, row);
  }
  return hashes;
}

uint32_t HashOf(std::string_view text) { return base::Crc32(text); }

uint32_t HashOf(uint64_t position) { return static_cast<uint32_t>(position); }

}  // namespace carillon::deliverylog
