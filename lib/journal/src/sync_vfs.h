#pragma once

#include <sqlite3.h>

#include <chrono>
#include <functional>
#include <string>

#include "carillon/base/clock.h"

namespace carillon::journal {

/// A SQLite VFS that is another one, and tells how long each sync of a write-ahead file took that
/// was opened through it. Only that file is wrapped. Registered while it lives; outlives the
/// connections that use it.
class SyncVfs {
 public:
  /// On the thread that syncs, after a sync that went well.
  using OnSync = std::function<void(std::chrono::nanoseconds)>;

  /// `base` is the name of the other one; null stands for the default. `clock` outlives it.
  SyncVfs(const char* base, const base::Clock& clock, OnSync on_sync);
  ~SyncVfs();
  SyncVfs(const SyncVfs&) = delete;
  SyncVfs& operator=(const SyncVfs&) = delete;

  const char* name() const { return name_.c_str(); }
  sqlite3_vfs& base() const { return *base_; }
  const base::Clock& clock() const { return clock_; }
  const OnSync& on_sync() const { return on_sync_; }

 private:
  sqlite3_vfs* const base_;
  const base::Clock& clock_;
  const OnSync on_sync_;
  const std::string name_;
  sqlite3_vfs vfs_;
};

}  // namespace carillon::journal
