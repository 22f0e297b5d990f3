#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace carillon::journal {

/// A VFS over the default one that makes the disk fail as it is told: full, unable to sync, or
/// without power. One at a time; registered while it lives. Files are those of databases and
/// write-ahead files.
class FaultyDisk {
 public:
  static constexpr const char* kName = "carillon-faulty";
  FaultyDisk();
  ~FaultyDisk();

  std::atomic<bool> full{false};                   ///< writes end with SQLITE_FULL
  std::atomic<bool> full_database{false};          ///< the same, but for write-ahead files
  std::atomic<bool> fail_sync{false};              ///< syncs end with SQLITE_IOERR_FSYNC
  std::atomic<bool> fail_sync_of_database{false};  ///< the same, but for write-ahead files
  std::atomic<int> syncs_failed{0};
  std::atomic<bool> hold_sync{false};  ///< syncs wait while this is set
  std::atomic<int> syncs_held{0};
  /// The power goes off at the nth write from now; 0: never.
  std::atomic<int64_t> writes_until_cut{0};
  std::atomic<bool> dead{false};  ///< the power is off: every write and sync fails

  /// When all files are closed: makes them what a disk may hold after the power went off. Of each
  /// file's writes since its last sync the first few survive, and the rest is gone.
  void CutPower(std::mt19937_64& random);

  // What the VFS calls.
  int BeforeWrite(const std::string& path, sqlite3_file* file, int64_t offset, int bytes);
  int BeforeSync(const std::string& path);
  void Synced(const std::string& path);

 private:
  struct Undo {
    int64_t size;  ///< of the file before the write
    int64_t offset;
    std::string bytes;
  };
  std::mutex mutex_;
  std::map<std::string, std::vector<Undo>> unsynced_;
  sqlite3_vfs vfs_;
};

}  // namespace carillon::journal
