#pragma once

#include <sys/stat.h>

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "carillon/base/clock.h"

namespace carillon::journal {

/// Notices that files of the store are not any more what was opened: deleted, moved, replaced by
/// others, cut, or the whole folder so. What is written then goes to files without a name, and is
/// gone with the process. It looks at names only: closing a descriptor of a database would let go
/// SQLite's locks. One thread; `now` is an argument.
class FileWatch {
 public:
  FileWatch() = default;  ///< watches nothing
  /// Remembers the files that have these names now.
  FileWatch(std::vector<std::string> paths, base::MonoTime now);

  /// UNAVAILABLE names the first file that is not what it was. `wal_bytes`: the write-ahead file,
  /// the last of the paths, has at least so many.
  absl::Status Check(uint64_t wal_bytes, base::MonoTime now);

  /// Whether the last look is older than `age`.
  bool OlderThan(std::chrono::nanoseconds age, base::MonoTime now) const {
    return !files_.empty() && now - checked_ > age;
  }

 private:
  struct File {
    std::string path;
    dev_t device = 0;
    ino_t inode = 0;
  };
  std::vector<File> files_;
  base::MonoTime checked_{};
};

}  // namespace carillon::journal
