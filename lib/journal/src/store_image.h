#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/sqlite/database.h"
#include "file_bytes.h"

namespace carillon::journal {

/// Which frames of the write-ahead file lie over the database in an image.
enum class ImageFrames {
  kNone,
  kTaken,     ///< those that SQLite takes
  kAllWhole,  ///< every one that is whole, those behind damage too
};

/// A store's pages as they would be with the write-ahead file copied into the database: read
/// without touching a file, also on a disk that cannot be written. Bytes of the database's header
/// that do not vary are put right, so that damage there does not make all unreadable. One thread.
class StoreImage {
 public:
  /// NOT_FOUND: no database and no write-ahead file; PERMISSION_DENIED, UNAVAILABLE.
  static absl::StatusOr<StoreImage> Open(const std::string& folder, ImageFrames frames);
  ~StoreImage();
  StoreImage(StoreImage&&) noexcept;
  StoreImage& operator=(StoreImage&&) = delete;

  uint32_t page_bytes() const;
  uint32_t pages() const;
  /// `to` has room for a page; `page` counts from 1. Pages that are nowhere are zero.
  absl::Status ReadPage(uint32_t page, char* to) const;

  /// A connection that reads the image; the image outlives it.
  absl::StatusOr<sqlite::Database> OpenDatabase();

 private:
  struct Data;
  explicit StoreImage(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;
};

}  // namespace carillon::journal
