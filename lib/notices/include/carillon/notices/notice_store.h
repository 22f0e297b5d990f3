#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/log/log.h"
#include "carillon/notices/notice.h"

namespace carillon::notices {

struct Options {
  std::string path;                       ///< of the database, made when absent
  std::chrono::hours max_age{30 * 24};    ///< notices are kept so long
  size_t max_notices = 20'000;            ///< that are kept, the newest
  size_t max_of_tenant = 2000;            ///< of these, of one tenant; and of the server
  std::chrono::minutes merge_within{60};  ///< see Sink::Add
  size_t max_pending = 4096;              ///< that are not yet written
  uint64_t min_free_bytes = 0;            ///< with less free space on the disk nothing is written
  std::chrono::milliseconds write_every{1000};  ///< at most
  std::chrono::milliseconds retry_after{5000};  ///< none is tried so long after one that failed
};

/// Notices, kept over restarts in a database of SQLite. A thread of its own writes what was handed
/// over since its last turn: that may be lost by a crash of the process, after a power cut also
/// what the system had not yet synced. A file that is damaged is set aside (`.bad`), and a new one
/// is made. Thread-safe.
class NoticeStore : public Sink {
 public:
  /// PERMISSION_DENIED or UNAVAILABLE: the file cannot be used. `clock` and `logger` outlive it.
  static absl::StatusOr<std::unique_ptr<NoticeStore>> Open(Options options,
                                                           const base::Clock& clock,
                                                           log::Logger& logger);
  /// Writes what was handed over, then ends the thread.
  ~NoticeStore() override = default;

  struct Kept {
    int64_t id = 0;  ///< newer ones have higher ids; one that is merged gets a new id
    Notice notice;
  };
  static constexpr int64_t kNewest = std::numeric_limits<int64_t>::max();

  /// The newest below that id, `limit` of them, the newest first; fewer: there are no more. Those
  /// of the tenant; empty: of all, and of the server. Blocks: below kNewest what was handed over
  /// before is written first, or left out when that fails; below another it is not, since what is
  /// merged would leave what is being read. UNAVAILABLE: reading failed.
  virtual absl::StatusOr<std::vector<Kept>> Read(int64_t below, size_t limit,
                                                 const std::string& tenant) = 0;

  /// Notices that were left out since the start: there was no room, or writing failed.
  virtual uint64_t dropped() const = 0;
};

}  // namespace carillon::notices
