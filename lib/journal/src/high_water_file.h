#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "id_hash.h"

namespace carillon::journal {

/// Who a store is: derived from its key, so that the database needs no room for it.
using StoreId = std::array<char, 16>;
StoreId IdOfStore(const HashKey& key);

/// What `carillon.mark` vouches for.
struct HighWater {
  StoreId store{};
  uint64_t last_position = 0;  ///< every event up to it was durable
  bool wal_used = false;       ///< something was written that only the write-ahead file may hold
  bool clean = false;          ///< stopped in order; nothing was changed since
  uint32_t digest = 0;         ///< of the small tables (see digest.h), when clean
  friend bool operator==(const HighWater&, const HighWater&) = default;
};

/// A small file beside the database that remembers, outside of SQLite, how far the store had come:
/// a store that ends below its mark has lost something, whatever SQLite says of it.
///
/// It is written after a group became durable and before anybody is told, without a sync: after
/// `kill -9` it is exact, after a power cut it may be old, and it is never ahead of the store. Two
/// slots are written in turn, so that a torn write leaves the one before. One thread.
class HighWaterFile {
 public:
  HighWaterFile() = default;  ///< none: nothing is written

  /// What the file of `folder` says; nullopt when there is none, or none that can be believed
  /// (`damaged` tells). UNAVAILABLE, PERMISSION_DENIED: it cannot be read.
  static absl::StatusOr<std::optional<HighWater>> Read(const std::string& folder, bool& damaged);

  /// Opens it for writing, making it when absent (0600), and writes `state` to both slots, durably.
  /// RESOURCE_EXHAUSTED: no room; PERMISSION_DENIED, UNAVAILABLE.
  static absl::StatusOr<HighWaterFile> Open(const std::string& folder, const HighWater& state);

  HighWaterFile(HighWaterFile&& other) noexcept { *this = std::move(other); }
  HighWaterFile& operator=(HighWaterFile&& other) noexcept;
  ~HighWaterFile();

  /// After each group commit: one write of 64 bytes where the position moved. One that fails leaves
  /// the mark as it was, which is still true.
  void Advance(uint64_t last_position);
  /// Before the write-ahead file is emptied, and when it has been: durable when it returns.
  absl::Status SetStopping();
  absl::Status SetClean(uint32_t digest);

 private:
  absl::Status Write();
  absl::Status Sync();

  int fd_ = -1;
  uint64_t sequence_ = 0;
  HighWater state_;
};

std::string HighWaterPath(const std::string& folder);

}  // namespace carillon::journal
