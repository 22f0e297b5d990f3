#include "file_watch.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace carillon::journal {

FileWatch::FileWatch(std::vector<std::string> paths, base::MonoTime now) : checked_(now) {
  for (std::string& path : paths) {
    struct stat info{};
    // One that is not there is missed at the first look.
    if (stat(path.c_str(), &info) != 0) info = {};
    files_.push_back({std::move(path), info.st_dev, info.st_ino});
  }
}

absl::Status FileWatch::Check(uint64_t wal_bytes, base::MonoTime now) {
  for (const File& file : files_) {
    struct stat info{};
    if (stat(file.path.c_str(), &info) != 0) {
      return absl::UnavailableError(
          absl::StrCat(file.path, " was deleted or moved under the running process (",
                       std::strerror(errno), "): what was written since cannot be found again"));
    }
    if (info.st_dev != file.device || info.st_ino != file.inode) {
      return absl::UnavailableError(
          absl::StrCat(file.path,
                       " was replaced under the running process: what was written "
                       "since is not in the file that has its name now"));
    }
    const bool is_wal = &file == &files_.back();
    if (is_wal && static_cast<uint64_t>(info.st_size) < wal_bytes) {
      return absl::UnavailableError(absl::StrCat(file.path, " was cut under the running process: ",
                                                 info.st_size, " bytes of ", wal_bytes));
    }
  }
  checked_ = now;
  return absl::OkStatus();
}

}  // namespace carillon::journal
