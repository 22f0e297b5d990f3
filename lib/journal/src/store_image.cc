#include "store_image.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "database_header.h"
#include "image_vfs.h"
#include "inspection.h"
#include "wal_scan.h"

namespace carillon::journal {
namespace {

constexpr uint32_t kUsualPageBytes = 4096;

}  // namespace

struct StoreImage::Data {
  FileBytes database;
  FileBytes wal;
  uint32_t page_bytes = kUsualPageBytes;
  uint32_t pages = 0;
  absl::flat_hash_map<uint32_t, uint64_t> frames;  ///< page to the last frame that holds it
  std::unique_ptr<ImageVfs> vfs;

  absl::Status ReadPage(uint32_t page, char* to) const {
    const auto frame = frames.find(page);
    const absl::StatusOr<size_t> read =
        frame != frames.end() ? wal.Read(WalPageOffset(frame->second, page_bytes), to, page_bytes)
                              : database.Read(uint64_t{page - 1} * page_bytes, to, page_bytes);
    if (read.ok() && page == 1) MendHeader(to);
    return read.status();
  }

  /// What is the same in every store, or what this image makes of it.
  void MendHeader(char* page) const {
    std::memcpy(page, "SQLite format 3", 16);
    page[16] = static_cast<char>(page_bytes >> 8);
    page[17] = static_cast<char>(page_bytes == 65536 ? 1 : page_bytes);
    page[18] = page[19] = 1;  // no write-ahead file beside it
    page[20] = 0;
    page[21] = 64;
    page[22] = page[23] = 32;
    PutBig32(page + 28, pages);
    PutBig32(page + 44, 4);  // schema format
    PutBig32(page + 56, 1);  // UTF-8
    std::memcpy(page + 92, page + 24, 4);
  }

  absl::Status Read(uint64_t offset, char* to, size_t bytes) const {
    std::string page(page_bytes, '\0');
    while (bytes > 0) {
      const auto number = static_cast<uint32_t>(offset / page_bytes) + 1;
      const size_t begin = offset % page_bytes;
      const size_t part = std::min<size_t>(bytes, page_bytes - begin);
      if (absl::Status status = ReadPage(number, page.data()); !status.ok()) return status;
      std::memcpy(to, page.data() + begin, part);
      to += part;
      offset += part;
      bytes -= part;
    }
    return absl::OkStatus();
  }
};

StoreImage::StoreImage(std::unique_ptr<Data> data) : data_(std::move(data)) {}
StoreImage::StoreImage(StoreImage&&) noexcept = default;
StoreImage::~StoreImage() = default;

absl::StatusOr<StoreImage> StoreImage::Open(const std::string& folder, ImageFrames frames) {
  auto data = std::make_unique<Data>();
  absl::StatusOr<FileBytes> database = FileBytes::Open(DatabasePath(folder));
  if (!database.ok() && !absl::IsNotFound(database.status())) return database.status();
  absl::StatusOr<FileBytes> wal = FileBytes::Open(WalPath(folder));
  if (!wal.ok() && !absl::IsNotFound(wal.status())) return wal.status();
  if (!database.ok() && !wal.ok()) {
    return absl::NotFoundError(absl::StrCat("there is no store in ", folder));
  }
  if (database.ok()) data->database = *std::move(database);
  if (wal.ok()) data->wal = *std::move(wal);
  const absl::StatusOr<DatabaseHeader> header = ReadDatabaseHeader(data->database);
  if (!header.ok()) return header.status();
  const absl::StatusOr<WalScan> scan =
      ScanWal(data->wal, header->is_database ? header->page_bytes : kUsualPageBytes);
  if (!scan.ok()) return scan.status();
  if (scan->header_good) {
    data->page_bytes = scan->page_bytes;
  } else if (header->is_database) {
    data->page_bytes = header->page_bytes;
  }
  const uint64_t in_file = data->database.size() / data->page_bytes;
  uint32_t pages = 0;
  for (const WalFrame& frame : scan->frames_of_use) {
    if (frames == ImageFrames::kNone) break;
    if (frames == ImageFrames::kTaken && frame.number > scan->taken) break;
    data->frames[frame.page] = frame.number;
    if (frame.db_pages != 0) pages = frame.db_pages;
  }
  // Where frames are missing the last number may be too low for what was copied before.
  const bool whole = frames == ImageFrames::kTaken && pages != 0;
  data->pages = whole ? pages : std::max(pages, static_cast<uint32_t>(in_file));
  data->vfs =
      std::make_unique<ImageVfs>(uint64_t{data->pages} * data->page_bytes,
                                 [raw = data.get()](uint64_t offset, char* to, size_t bytes) {
                                   return raw->Read(offset, to, bytes);
                                 });
  return StoreImage(std::move(data));
}

uint32_t StoreImage::page_bytes() const { return data_->page_bytes; }
uint32_t StoreImage::pages() const { return data_->pages; }

absl::Status StoreImage::ReadPage(uint32_t page, char* to) const {
  return data_->ReadPage(page, to);
}

absl::StatusOr<sqlite::Database> StoreImage::OpenDatabase() {
  absl::StatusOr<sqlite::Database> database = sqlite::Database::Open("image", data_->vfs->name());
  if (!database.ok()) return database;
  // They read the first page; who reads on meets what is wrong with it.
  database->Exec("PRAGMA temp_store=MEMORY").IgnoreError();
  database->Exec("PRAGMA cache_size=-16384").IgnoreError();
  return database;
}

}  // namespace carillon::journal
