// VerifyStore: see store_tools.h.

#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/journal/store_tools.h"
#include "chunk.h"
#include "findings.h"
#include "folder_lock.h"
#include "inspection.h"
#include "lost_chunk.h"
#include "parked_row.h"
#include "position_ranges.h"
#include "store_image.h"

namespace carillon::journal {
namespace {

class Verifier {
 public:
  Verifier(std::string folder, Inspection seen)
      : folder_(std::move(folder)), seen_(std::move(seen)) {}

  StoreReport Run() {
    LookAtFiles();
    if (absl::Status status = LookInside(); !status.ok()) {
      findings_.Add(absl::StrCat("not all can be read: ", status.message()));
    }
    return {std::move(facts_), findings_.Take()};
  }

 private:
  void LookAtFiles() {
    const DatabaseHeader& header = seen_.header;
    if (header.is_database) {
      facts_.push_back(absl::StrCat("database: ", header.file_bytes / header.page_bytes,
                                    " pages of ", header.page_bytes, " bytes, schema ",
                                    header.user_version));
    }
    facts_.push_back(absl::StrCat("write-ahead file: ", seen_.wal.frames, " frames, of which ",
                                  seen_.wal.taken, " are whole and of this run"));
    if (seen_.mark) {
      facts_.push_back(
          absl::StrCat("mark: vouches for positions up to ", seen_.mark->last_position, ", ",
                       seen_.mark->clean ? "stopped in order" : "not stopped in order"));
    } else {
      facts_.push_back(seen_.mark_damaged ? "mark: cannot be read, so it vouches for nothing"
                                          : "mark: there is none, so nothing vouches for the end");
    }
    Note(CheckFiles(folder_, seen_, false));
  }

  absl::Status LookInside() {
    if (!seen_.has_database) return absl::OkStatus();
    absl::StatusOr<StoreImage> image = StoreImage::Open(folder_, ImageFrames::kTaken);
    if (!image.ok()) return image.status();
    absl::StatusOr<sqlite::Database> database = image->OpenDatabase();
    if (!database.ok()) return database.status();
    Note(CheckAgainstMark(*database, seen_));
    Note(CheckPages(*database));
    const absl::StatusOr<int64_t> watermark = database->Scalar("SELECT watermark FROM state");
    if (!watermark.ok()) return watermark.status();
    watermark_ = static_cast<uint64_t>(*watermark);
    Note(CheckEvents(*database));
    Note(CheckAttempts(*database));
    Note(CheckParked(*database));
    for (const char* table : {"dead", "lanes", "ids"}) Note(Count(*database, table));
    return absl::OkStatus();
  }

  void Note(const absl::Status& status) {
    if (!status.ok()) findings_.Add(std::string(status.message()));
  }

  absl::Status CheckPages(sqlite::Database& database) {
    absl::StatusOr<sqlite::Statement> check = database.Prepare("PRAGMA integrity_check(100)");
    if (!check.ok()) return check.status();
    while (true) {
      const absl::StatusOr<bool> row = check->Step();
      if (!row.ok() || !*row) return row.status();
      if (check->Blob(0) != "ok")
        findings_.Add(absl::StrCat("pages: ", std::string(check->Blob(0))));
    }
  }

  absl::Status CheckEvents(sqlite::Database& database) {
    absl::StatusOr<sqlite::Statement> rows = database.Prepare(
        "SELECT first_position, count, accepted_at, crc, records FROM journal "
        "ORDER BY first_position");
    if (!rows.ok()) return rows.status();
    uint64_t damaged = 0;
    while (true) {
      const absl::StatusOr<bool> row = rows->Step();
      if (!row.ok()) {
        return absl::DataLossError(absl::StrCat("events behind position ", events_.last(),
                                                " cannot be read: ", row.status().message()));
      }
      if (!*row) break;
      const ChunkHead head{static_cast<uint64_t>(rows->Int(0)), static_cast<uint32_t>(rows->Int(1)),
                           base::FromUnixNanos(rows->Int(2))};
      const auto view = ChunkView::Open(head, static_cast<uint32_t>(rows->Int(3)), rows->Blob(4));
      absl::Status status = view.status();
      if (view.ok() && IsLost(head, rows->Blob(4))) {
        facts_.push_back(absl::StrCat("lost earlier: ",
                                      PositionsText(head.first_position, head.last_position())));
      } else if (view.ok()) {
        status = view->All().status();
      }
      if (!status.ok()) ++damaged;
      Note(status);
      if (head.count > 0) events_.Add(head.first_position, head.last_position());
    }
    events_.Sort();
    const absl::StatusOr<uint64_t> last = LastPositionOfStore(database);
    if (!last.ok()) return last.status();
    for (const auto& gap : events_.Gaps(watermark_ + 1, *last)) {
      findings_.Add(absl::StrCat("events are missing: ", PositionsText(gap.first, gap.last)));
    }
    facts_.push_back(absl::StrCat("events: up to position ", *last, ", settled up to ", watermark_,
                                  ", ", events_.size(), " chunks, ", damaged, " damaged"));
    return absl::OkStatus();
  }

  absl::Status CheckAttempts(sqlite::Database& database) {
    absl::StatusOr<sqlite::Statement> rows =
        database.Prepare("SELECT id, crc, rows FROM attempt_log ORDER BY id");
    if (!rows.ok()) return rows.status();
    uint64_t count = 0;
    while (true) {
      const absl::StatusOr<bool> row = rows->Step();
      if (!row.ok()) return row.status();
      if (!*row) break;
      ++count;
      if (BytesCrc(rows->Blob(2)) == static_cast<uint32_t>(rows->Int(1))) continue;
      findings_.Add(absl::StrCat("chunk ", rows->Int(0), " of the attempt log is damaged"));
    }
    facts_.push_back(absl::StrCat("attempts: ", count, " chunks"));
    return absl::OkStatus();
  }

  absl::Status CheckParked(sqlite::Database& database) {
    const uint32_t version = seen_.header.user_version;
    absl::StatusOr<sqlite::Statement> rows = database.Prepare(absl::StrCat(
        "SELECT due_ns, position, attempts, ", version >= 2 ? "group_id, rest" : "0, NULL",
        version >= 3 ? ", bytes" : ", 0", ", lane FROM parked"));
    if (!rows.ok()) return rows.status();
    uint64_t count = 0;
    while (true) {
      const absl::StatusOr<bool> row = rows->Step();
      if (!row.ok()) return row.status();
      if (!*row) break;
      const absl::StatusOr<Parked> parked = GetParked(static_cast<LaneId>(rows->Int(6)), *rows);
      if (!parked.ok()) {
        Note(parked.status());
        continue;
      }
      if (IsMark(*parked)) continue;
      count += 1 + parked->rest.size();
      CheckHasEvent(parked->lane, parked->position);
      for (const BatchMember& member : parked->rest) CheckHasEvent(parked->lane, member.position);
    }
    facts_.push_back(absl::StrCat("parked: ", count, " deliveries"));
    return absl::OkStatus();
  }

  void CheckHasEvent(LaneId lane, uint64_t position) {
    if (events_.Contains(position)) return;
    findings_.Add(
        absl::StrCat("a parked delivery of lane ", lane, " has no event: position ", position));
  }

  absl::Status Count(sqlite::Database& database, const char* table) {
    const absl::StatusOr<int64_t> rows =
        database.Scalar(absl::StrCat("SELECT count(*) FROM ", table));
    if (rows.ok()) facts_.push_back(absl::StrCat(table, ": ", *rows, " rows"));
    return rows.status();
  }

  const std::string folder_;
  const Inspection seen_;
  std::vector<std::string> facts_;
  Findings findings_;
  PositionRanges events_;
  uint64_t watermark_ = 0;
};

}  // namespace

absl::StatusOr<StoreReport> VerifyStore(const std::string& data_dir) {
  const absl::StatusOr<FolderLock> lock = FolderLock::TakeExisting(data_dir);
  if (!lock.ok() && !absl::IsNotFound(lock.status())) return lock.status();
  absl::StatusOr<Inspection> seen = Inspect(data_dir);
  if (!seen.ok()) return seen.status();
  if (!lock.ok() && !seen->has_database && !seen->has_wal && !seen->mark) {
    return absl::NotFoundError(absl::StrCat("there is no store in ", data_dir));
  }
  return Verifier(data_dir, *std::move(seen)).Run();
}

}  // namespace carillon::journal
