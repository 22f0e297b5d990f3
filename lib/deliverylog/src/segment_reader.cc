#include "segment_reader.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace carillon::deliverylog {
namespace {

// Names that are remembered; more are read again.
constexpr size_t kMaxNames = 4096;
// So few rows are looked at one by one sooner than in further lists.
constexpr size_t kFew = 64;

/// Whether no write-ahead file has something of the segment: a reader may have kept it from being
/// emptied.
bool NothingBeside(const std::string& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path + "-wal", error);
  return error == std::errc::no_such_file_or_directory || (!error && bytes == 0);
}

absl::Status DamagedRows() {
  return absl::DataLossError("a segment of the delivery log is damaged");
}

/// Lets `rows` keep what is in `others`, too. Both ascend.
void Intersect(std::optional<std::vector<uint32_t>>& rows, std::vector<uint32_t> others) {
  if (!rows) {
    rows = std::move(others);
    return;
  }
  std::vector<uint32_t> both;
  std::set_intersection(rows->begin(), rows->end(), others.begin(), others.end(),
                        std::back_inserter(both));
  rows = std::move(both);
}

}  // namespace

absl::StatusOr<std::shared_ptr<SegmentReader>> SegmentReader::Open(const std::string& path,
                                                                   bool sealed) {
  const bool alone = sealed && NothingBeside(path);
  absl::StatusOr<sqlite::Database> database =
      alone ? sqlite::Database::OpenImmutable(path) : sqlite::Database::Open(path, nullptr);
  if (!database.ok()) return database.status();
  std::shared_ptr<SegmentReader> reader(new SegmentReader(*std::move(database), sealed));
  const absl::Status status = reader->Prepare();
  if (!status.ok()) return status;
  return reader;
}

absl::Status SegmentReader::Prepare() {
  const absl::Status set = database_.Exec("PRAGMA query_only = 1; PRAGMA cache_size = -256");
  if (!set.ok()) return set;
  const std::pair<sqlite::Statement*, const char*> all[] = {
      {&name_, "SELECT text FROM name WHERE kind = ?1 AND number = ?2"},
      {&number_, "SELECT number FROM name WHERE kind = ?1 AND text = ?2"},
      {&block_, "SELECT row, data FROM block WHERE row <= ?1 ORDER BY row DESC LIMIT 1"},
      {&detail_, "SELECT data FROM detail WHERE row = ?1"},
      {&list_, "SELECT rows FROM list WHERE key = ?1"},
      {&hash_, "SELECT key, rows FROM hash WHERE key <= ?1 ORDER BY key DESC"},
  };
  for (const auto& [statement, sql] : all) {
    absl::StatusOr<sqlite::Statement> prepared = database_.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<uint32_t>> SegmentReader::NumberOf(NameKind kind,
                                                                std::string_view text) {
  number_.Bind(1, static_cast<int64_t>(kind)).BindText(2, text);
  const absl::StatusOr<bool> there = number_.Step();
  if (!there.ok()) return there.status();
  std::optional<uint32_t> number;
  if (*there) number = static_cast<uint32_t>(number_.Int(0));
  number_.Reset();
  return number;
}

absl::StatusOr<std::string> SegmentReader::NameOf(NameKind kind, uint32_t number) {
  const uint64_t key = static_cast<uint64_t>(kind) << 32 | number;
  const auto known = names_.find(key);
  if (known != names_.end()) return known->second;
  name_.Bind(1, static_cast<int64_t>(kind)).Bind(2, number);
  const absl::StatusOr<bool> there = name_.Step();
  if (!there.ok()) return there.status();
  if (!*there) return DamagedRows();
  std::string name(name_.Blob(0));
  name_.Reset();
  if (names_.size() >= kMaxNames) names_.clear();
  names_.emplace(key, name);
  return name;
}

absl::StatusOr<std::vector<uint32_t>> SegmentReader::ListOf(ListKind kind, uint32_t value) {
  const absl::StatusOr<bool> there = list_.Bind(1, ListKey(kind, value)).Step();
  if (!there.ok()) return there.status();
  if (!*there) return std::vector<uint32_t>();
  std::optional<std::vector<uint32_t>> rows = DecodeRows(list_.Blob(0));
  list_.Reset();
  if (!rows) return DamagedRows();
  return *std::move(rows);
}

absl::StatusOr<std::vector<uint32_t>> SegmentReader::WithHash(HashKind kind, uint32_t hash) {
  std::vector<uint32_t> rows;
  hash_.Bind(1, HashKey(kind, hash, kMaxSameHash));
  for (;;) {
    const absl::StatusOr<bool> more = hash_.Step();
    if (!more.ok()) return more.status();
    if (!*more || KindOfKey(hash_.Int(0)) != static_cast<int64_t>(kind)) break;
    const std::optional<std::vector<HashedRow>> page = DecodeHashes(hash_.Blob(1));
    if (!page) {
      hash_.Reset();
      return DamagedRows();
    }
    for (const auto& [each, row] : *page) {
      if (each == hash) rows.push_back(row);
    }
    if (HashOfKey(hash_.Int(0)) < hash) break;  // what comes before it is lower
  }
  hash_.Reset();
  std::sort(rows.begin(), rows.end());
  return rows;
}

absl::StatusOr<SegmentReader::Wanted> SegmentReader::Resolve(const Query& query) {
  Wanted wanted;
  const auto look = [&](NameKind kind, std::string_view text,
                        std::optional<uint32_t>& number) -> absl::Status {
    const absl::StatusOr<std::optional<uint32_t>> found = NumberOf(kind, text);
    if (!found.ok()) return found.status();
    number = *found;
    wanted.nothing |= !number;
    return absl::OkStatus();
  };
  absl::Status status;
  if (query.tenant && query.destination) {
    status =
        look(NameKind::kDestination, *query.tenant + "/" + *query.destination, wanted.destination);
  } else if (query.tenant) {
    status = look(NameKind::kTenant, *query.tenant, wanted.tenant);
  }
  if (status.ok() && query.event_type) {
    status = look(NameKind::kEventType, *query.event_type, wanted.event_type);
  }
  if (!status.ok()) return status;
  if (query.event_id) wanted.id_hash = HashOf(std::string_view(*query.event_id));
  return wanted;
}

absl::StatusOr<std::optional<std::vector<uint32_t>>> SegmentReader::Candidates(const Wanted& wanted,
                                                                               const Query& query) {
  std::optional<std::vector<uint32_t>> rows;
  if (wanted.nothing) return rows.emplace(), rows;
  absl::Status status;
  const auto add = [&](absl::StatusOr<std::vector<uint32_t>> others) {
    if (others.ok()) {
      Intersect(rows, *std::move(others));
    } else {
      status = others.status();
    }
  };
  if (query.position) add(WithHash(HashKind::kPosition, HashOf(*query.position)));
  if (wanted.id_hash) add(WithHash(HashKind::kEventId, *wanted.id_hash));
  if (!status.ok()) return status;
  if (rows && rows->size() <= kFew) return rows;
  if (wanted.destination) add(ListOf(ListKind::kDestination, *wanted.destination));
  if (wanted.tenant) add(ListOf(ListKind::kTenant, *wanted.tenant));
  if (wanted.event_type) add(ListOf(ListKind::kEventType, *wanted.event_type));
  if (query.outcome && *query.outcome != model::Outcome::kSuccess) {
    add(ListOf(ListKind::kOutcome, static_cast<uint32_t>(*query.outcome)));
  }
  if (query.state && *query.state != State::kDelivered) {
    add(ListOf(ListKind::kState, static_cast<uint32_t>(*query.state)));
  }
  if (!status.ok()) return status;
  return rows;
}

absl::StatusOr<std::vector<uint32_t>> SegmentReader::AtPosition(const SegmentEntry& segment,
                                                                uint64_t position) {
  if (!segment.tail) return WithHash(HashKind::kPosition, HashOf(position));
  return segment.tail->AtPosition(position);
}

absl::StatusOr<Record> SegmentReader::Load(uint32_t row) {
  if (!view_ || row < block_row_ || row - block_row_ >= view_->rows()) {
    view_.reset();
    const absl::StatusOr<bool> there = block_.Bind(1, row).Step();
    if (!there.ok()) return there.status();
    if (!*there) return DamagedRows();
    block_row_ = static_cast<uint32_t>(block_.Int(0));
    block_bytes_.assign(block_.Blob(1));
    block_.Reset();
    view_ = BlockView::Open(block_bytes_);
  }
  const std::optional<Row> found = view_ ? view_->At(row - block_row_) : std::nullopt;
  if (!found) return DamagedRows();
  absl::StatusOr<std::string> destination = NameOf(NameKind::kDestination, found->destination);
  absl::StatusOr<std::string> type = NameOf(NameKind::kEventType, found->event_type);
  if (!destination.ok()) return destination.status();
  if (!type.ok()) return type.status();
  Record record;
  record.figures = found->figures;
  const size_t slash = destination->find('/');
  if (slash == std::string::npos) return DamagedRows();
  record.tenant = destination->substr(0, slash);
  record.destination = destination->substr(slash + 1);
  record.event_type = *std::move(type);
  record.event_id = found->event_id;
  record.has_detail = found->has_detail;
  return record;
}

absl::Status SegmentReader::LoadDetail(uint32_t row, Record& record) {
  const absl::StatusOr<bool> there = detail_.Bind(1, row).Step();
  if (!there.ok()) return there.status();
  if (!*there) return DamagedRows();
  record.detail = ReadDetail(detail_.Blob(0));
  detail_.Reset();
  return record.detail ? absl::OkStatus() : DamagedRows();
}

}  // namespace carillon::deliverylog
