#pragma once

#include <atomic>
#include <cstdint>

namespace carillon::journal {

/// What the journal's threads tell each other and `stats()`: each value is current after the
/// commit that changed it.
struct Gauges {
  std::atomic<uint64_t> last_position{0};
  std::atomic<uint64_t> watermark{0};
  std::atomic<uint64_t> floor{0};  ///< see Progress::floor
  std::atomic<int64_t> attempt_floor{0};
  std::atomic<uint64_t> event_bytes{0};
  std::atomic<uint64_t> attempt_bytes{0};
  std::atomic<uint64_t> ids{0};
  std::atomic<uint64_t> ids_front{0};  ///< lowest position whose id is remembered
  std::atomic<uint64_t> dead{0};
  std::atomic<uint64_t> wal_pages{0};  ///< in the write-ahead file
  std::atomic<uint64_t> commits{0};
  std::atomic<uint64_t> waiting_bytes{0};
  std::atomic<uint64_t> free_bytes{UINT64_MAX};
  std::atomic<uint64_t> stored_bytes{0};
  std::atomic<bool> space_low{false};
  std::atomic<int64_t> disk_full_until{0};  ///< steady clock, ns: publishing is refused till then
  std::atomic<int64_t> held_until{0};       ///< likewise: the disk counts as full till then
};

}  // namespace carillon::journal
