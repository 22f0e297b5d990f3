#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/notices/notice_store.h"
#include "carillon/sqlite/database.h"

namespace carillon::notices {

/// The database. Errors as those of sqlite::Database. One thread at a time.
class NoticeFile {
 public:
  /// Made when absent. DATA_LOSS: it is damaged, or something else.
  static absl::StatusOr<std::unique_ptr<NoticeFile>> Open(const Options& options);

  /// Adds them in this order, each merged with the newest that it can be merged with, and removes
  /// what is over the bounds: all or nothing.
  absl::Status Add(const std::vector<Notice>& notices, base::WallTime now);
  /// As NoticeStore::Read, from what is written; none that are too old.
  absl::StatusOr<std::vector<NoticeStore::Kept>> Read(int64_t below, size_t limit,
                                                      const std::string& tenant,
                                                      base::WallTime now);

 private:
  NoticeFile(const Options& options, sqlite::Database database)
      : options_(options), database_(std::move(database)) {}
  absl::Status Prepare();
  absl::Status AddOne(const Notice& notice);
  /// The notice that it is merged with, taken out; or as it is.
  absl::StatusOr<Notice> Merged(const Notice& notice);
  absl::Status Trim(const std::vector<Notice>& added, base::WallTime now);

  const Options& options_;
  sqlite::Database database_;
  sqlite::Statement find_, put_, remove_, trim_all_, trim_tenant_, trim_old_, read_, read_tenant_;
};

}  // namespace carillon::notices
