#include "segment_writer.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"

namespace carillon::deliverylog {
namespace {

absl::Status DamagedFile(const std::string& path) {
  return absl::DataLossError(absl::StrCat(path, " is damaged"));
}

absl::Status FirstError(std::initializer_list<absl::Status> all) {
  for (const absl::Status& each : all) {
    if (!each.ok()) return each;
  }
  return absl::OkStatus();
}

absl::StatusOr<sqlite::Database> OpenSegment(const std::string& path) {
  absl::StatusOr<sqlite::Database> database = sqlite::Database::Open(path, nullptr);
  if (!database.ok()) return database;
  const auto application = database->Scalar("PRAGMA application_id");
  const auto version = database->Scalar("PRAGMA user_version");
  if (!application.ok()) return application.status();
  if (!version.ok()) return version.status();
  if (*application != kApplicationId || *version != kFormatVersion) return DamagedFile(path);
  return database;
}

}  // namespace

SegmentWriter::SegmentWriter(std::string path, sqlite::Database database, uint64_t first,
                             size_t capacity, base::WallTime now)
    : path_(std::move(path)),
      database_(std::move(database)),
      first_(first),
      began_(now),
      tail_(std::make_shared<Tail>(capacity)) {}

absl::StatusOr<std::unique_ptr<SegmentWriter>> SegmentWriter::Create(std::string path,
                                                                     uint64_t first,
                                                                     size_t capacity,
                                                                     base::WallTime now) {
  RemoveFiles(path);
  absl::Status status = sqlite::MakeOwnersFile(path);
  if (!status.ok()) return status;
  absl::StatusOr<sqlite::Database> database = sqlite::Database::Open(path, nullptr);
  if (!database.ok()) return database.status();
  status = database->Exec(kSchema);
  if (status.ok()) {
    status = database->Exec(absl::StrCat("INSERT INTO head VALUES('first', ",
                                         static_cast<int64_t>(first), "); PRAGMA application_id = ",
                                         kApplicationId, "; PRAGMA user_version = ", kFormatVersion,
                                         "; COMMIT; PRAGMA wal_autocheckpoint = 4096")
                                .c_str());
  }
  if (status.ok()) {
    std::unique_ptr<SegmentWriter> writer(
        new SegmentWriter(path, *std::move(database), first, capacity, now));
    status = writer->Prepare();
    if (status.ok()) return writer;
  }
  RemoveFiles(path);
  return status;
}

absl::StatusOr<std::unique_ptr<SegmentWriter>> SegmentWriter::Reopen(std::string path,
                                                                     size_t capacity,
                                                                     base::WallTime now) {
  absl::StatusOr<sqlite::Database> database = OpenSegment(path);
  if (!database.ok()) return database.status();
  const auto first = database->Scalar("SELECT value FROM head WHERE key = 'first'", -1);
  const auto sealed = database->Scalar("SELECT count(*) FROM head WHERE key = 'rows'");
  const auto rows = database->Scalar("SELECT max(row) FROM block");
  if (!first.ok()) return first.status();
  if (!sealed.ok()) return sealed.status();
  if (!rows.ok()) return rows.status();
  if (*first < 0) return DamagedFile(path);
  if (*sealed > 0) return absl::FailedPreconditionError(absl::StrCat(path, " is sealed"));
  // Room for all that is there, should it have been written under another bound.
  capacity = std::max(capacity, static_cast<size_t>(*rows) + kBlockRows);
  const absl::Status status =
      database->Exec("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4096");
  if (!status.ok()) return status;
  std::unique_ptr<SegmentWriter> writer(new SegmentWriter(
      std::move(path), *std::move(database), static_cast<uint64_t>(*first), capacity, now));
  const absl::Status read = FirstError({writer->Prepare(), writer->Recover()});
  if (!read.ok()) return read;
  return writer;
}

absl::StatusOr<SegmentEntry> SegmentWriter::ReadHead(const std::string& path) {
  absl::StatusOr<sqlite::Database> database = OpenSegment(path);
  if (!database.ok()) return database.status();
  absl::StatusOr<sqlite::Statement> head = database->Prepare("SELECT key, value FROM head");
  if (!head.ok()) return head.status();
  std::map<std::string, int64_t> values;
  for (;;) {
    const absl::StatusOr<bool> more = head->Step();
    if (!more.ok()) return more.status();
    if (!*more) break;
    values[std::string(head->Blob(0))] = head->Int(1);
  }
  if (values.count("rows") == 0) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is not sealed"));
  }
  return SegmentEntry{.path = path,
                      .first = static_cast<uint64_t>(values["first"]),
                      .rows = static_cast<uint64_t>(values["rows"]),
                      .oldest = base::FromUnixNanos(values["oldest"]),
                      .newest = base::FromUnixNanos(values["newest"]),
                      .bytes = FileBytes(path)};
}

absl::Status SegmentWriter::Prepare() {
  const std::pair<sqlite::Statement*, const char*> all[] = {
      {&add_block_, "INSERT INTO block VALUES(?1, ?2)"},
      {&add_detail_, "INSERT INTO detail VALUES(?1, ?2)"},
      {&add_name_, "INSERT INTO name VALUES(?1, ?2, ?3)"},
      {&set_head_, "INSERT OR REPLACE INTO head VALUES(?1, ?2)"},
      {&add_list_, "INSERT INTO list VALUES(?1, ?2)"},
      {&add_hash_, "INSERT INTO hash VALUES(?1, ?2)"},
  };
  for (const auto& [statement, sql] : all) {
    absl::StatusOr<sqlite::Statement> prepared = database_.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return absl::OkStatus();
}

absl::Status SegmentWriter::Recover() {
  absl::StatusOr<sqlite::Statement> names =
      database_.Prepare("SELECT kind, number, text FROM name");
  if (!names.ok()) return names.status();
  std::map<uint32_t, uint32_t> tenant_of;  // of a destination
  std::vector<std::pair<uint32_t, std::string>> destinations;
  for (;;) {
    const absl::StatusOr<bool> more = names->Step();
    if (!more.ok()) return more.status();
    if (!*more) break;
    const auto kind = static_cast<size_t>(names->Int(0));
    if (kind >= kNameKinds) return DamagedFile(path_);
    const auto number = static_cast<uint32_t>(names->Int(1));
    names_[kind].emplace(std::string(names->Blob(2)), number);
    if (kind == static_cast<size_t>(NameKind::kDestination)) {
      destinations.emplace_back(number, names->Blob(2));
    }
  }
  for (const auto& [number, text] : destinations) {
    const Names& tenants = names_[static_cast<size_t>(NameKind::kTenant)];
    const auto tenant = tenants.find(text.substr(0, text.find('/')));
    if (tenant == tenants.end()) return DamagedFile(path_);
    tenant_of[number] = tenant->second;
  }
  absl::StatusOr<sqlite::Statement> blocks =
      database_.Prepare("SELECT row, data FROM block ORDER BY row");
  if (!blocks.ok()) return blocks.status();
  size_t size = 0;
  for (;;) {
    const absl::StatusOr<bool> more = blocks->Step();
    if (!more.ok()) return more.status();
    if (!*more) break;
    const std::optional<BlockView> block = BlockView::Open(blocks->Blob(1));
    if (!block || blocks->Int(0) != static_cast<int64_t>(size)) return DamagedFile(path_);
    if (size + block->rows() > tail_->capacity()) return DamagedFile(path_);
    bytes_ += blocks->Blob(1).size();
    for (size_t i = 0; i < block->rows(); ++i) {
      const std::optional<Row> row = block->At(i);
      if (!row || !Named(NameKind::kDestination, row->destination) ||
          !Named(NameKind::kEventType, row->event_type)) {
        return DamagedFile(path_);
      }
      tail_->Put(size++, {.position = row->figures.position,
                          .started = row->figures.started,
                          .tenant = tenant_of[row->destination],
                          .destination = row->destination,
                          .event_type = row->event_type,
                          .id_hash = HashOf(row->event_id),
                          .outcome = row->figures.outcome,
                          .state = row->figures.state});
      oldest_ = std::min(oldest_, row->figures.started);
      newest_ = std::max(newest_, row->figures.started);
    }
  }
  tail_->Publish(size);
  const absl::StatusOr<int64_t> details = database_.Scalar("SELECT sum(length(data)) FROM detail");
  if (!details.ok()) return details.status();
  bytes_ += static_cast<uint64_t>(*details);
  return absl::OkStatus();
}

SegmentEntry SegmentWriter::Entry() const {
  return {.path = path_,
          .first = first_,
          .rows = tail_->size(),
          .oldest = oldest_,
          .newest = newest_,
          .bytes = FileBytes(path_),
          .tail = tail_};
}

absl::Status SegmentWriter::Append(std::span<const RawEntry> entries) {
  if (entries.empty()) return absl::OkStatus();
  const size_t from = tail_->size();
  absl::Status status = database_.Exec("BEGIN IMMEDIATE");
  if (status.ok()) status = WriteRows(entries, from);
  if (status.ok()) status = database_.Exec("COMMIT");
  if (!status.ok()) {
    database_.Rollback();
    ForgetNewNames();
    return status;
  }
  new_names_.clear();
  for (const RawEntry& entry : entries) {
    oldest_ = std::min(oldest_, entry.figures.started);
    newest_ = std::max(newest_, entry.figures.started);
  }
  tail_->Publish(from + entries.size());
  return status;
}

absl::Status SegmentWriter::WriteRows(std::span<const RawEntry> entries, size_t from) {
  BlockWriter block;
  size_t at = from;
  for (const RawEntry& entry : entries) {
    destination_.assign(entry.tenant).append("/").append(entry.destination);
    const auto tenant = NumberOf(NameKind::kTenant, entry.tenant);
    const auto destination = NumberOf(NameKind::kDestination, destination_);
    const auto type = NumberOf(NameKind::kEventType, entry.event_type);
    const absl::Status named = FirstError({tenant.status(), destination.status(), type.status()});
    if (!named.ok()) return named;
    const bool has_detail = !entry.detail.empty();
    block.Add({.figures = entry.figures,
               .destination = *destination,
               .event_type = *type,
               .has_detail = has_detail,
               .event_id = entry.event_id});
    tail_->Put(at, {.position = entry.figures.position,
                    .started = entry.figures.started,
                    .tenant = *tenant,
                    .destination = *destination,
                    .event_type = *type,
                    .id_hash = HashOf(entry.event_id),
                    .outcome = entry.figures.outcome,
                    .state = entry.figures.state});
    absl::Status status;
    if (has_detail) {
      status = add_detail_.Bind(1, static_cast<int64_t>(at)).BindBlob(2, entry.detail).Run();
      bytes_ += entry.detail.size();
    }
    ++at;
    if (status.ok() && block.rows() == kBlockRows) status = WriteBlock(at - kBlockRows, block);
    if (!status.ok()) return status;
  }
  return block.rows() == 0 ? absl::OkStatus() : WriteBlock(at - block.rows(), block);
}

absl::Status SegmentWriter::WriteBlock(size_t row, BlockWriter& block) {
  const std::string data = block.Finish();
  bytes_ += data.size();
  return add_block_.Bind(1, static_cast<int64_t>(row)).BindBlob(2, data).Run();
}

absl::StatusOr<uint32_t> SegmentWriter::NumberOf(NameKind kind, std::string_view text) {
  Names& names = names_[static_cast<size_t>(kind)];
  Names::const_pointer& last = last_[static_cast<size_t>(kind)];
  if (last != nullptr && last->first == text) return last->second;
  if (const auto known = names.find(base::ToAbsl(text)); known != names.end()) {
    last = &*known;
    return known->second;
  }
  const auto number = static_cast<uint32_t>(names.size());
  const absl::Status status =
      add_name_.Bind(1, static_cast<int64_t>(kind)).Bind(2, number).BindText(3, text).Run();
  if (!status.ok()) return status;
  last_ = {};  // they have moved
  names.emplace(std::string(text), number);
  new_names_.emplace_back(kind, text);
  return number;
}

void SegmentWriter::ForgetNewNames() {
  for (const auto& [kind, text] : new_names_) names_[static_cast<size_t>(kind)].erase(text);
  new_names_.clear();
  last_ = {};
}

absl::Status SegmentWriter::SetHead(std::string_view key, int64_t value) {
  return set_head_.BindText(1, key).Bind(2, value).Run();
}

}  // namespace carillon::deliverylog
