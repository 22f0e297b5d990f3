#include "sync_vfs.h"

#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"

namespace carillon::journal {
namespace {

/// The other's file follows in memory.
struct File {
  sqlite3_file base;
  const SyncVfs* vfs;
};

sqlite3_file* Inner(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1);
}
static_assert(sizeof(File) % alignof(std::max_align_t) == 0);

const SyncVfs& Of(sqlite3_vfs* vfs) { return *static_cast<const SyncVfs*>(vfs->pAppData); }

int SyncedClose(sqlite3_file* file) { return Inner(file)->pMethods->xClose(Inner(file)); }
int SyncedReadAt(sqlite3_file* file, void* to, int bytes, sqlite3_int64 offset) {
  return Inner(file)->pMethods->xRead(Inner(file), to, bytes, offset);
}
int SyncedWriteAt(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
  return Inner(file)->pMethods->xWrite(Inner(file), from, bytes, offset);
}
int SyncedTruncate(sqlite3_file* file, sqlite3_int64 size) {
  return Inner(file)->pMethods->xTruncate(Inner(file), size);
}
int Sync(sqlite3_file* file, int flags) {
  const SyncVfs& vfs = *reinterpret_cast<File*>(file)->vfs;
  const base::MonoTime start = vfs.clock().Mono();
  const int code = Inner(file)->pMethods->xSync(Inner(file), flags);
  // After an error errno still stands, to be asked for.
  if (code == SQLITE_OK) vfs.on_sync()(vfs.clock().Mono() - start);
  return code;
}
int SyncedFileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Inner(file)->pMethods->xFileSize(Inner(file), size);
}
int SyncedLock(sqlite3_file* file, int lock) {
  return Inner(file)->pMethods->xLock(Inner(file), lock);
}
int SyncedUnlock(sqlite3_file* file, int lock) {
  return Inner(file)->pMethods->xUnlock(Inner(file), lock);
}
int SyncedCheckLock(sqlite3_file* file, int* reserved) {
  return Inner(file)->pMethods->xCheckReservedLock(Inner(file), reserved);
}
int SyncedControl(sqlite3_file* file, int operation, void* argument) {
  return Inner(file)->pMethods->xFileControl(Inner(file), operation, argument);
}
int SyncedSectorSize(sqlite3_file* file) { return Inner(file)->pMethods->xSectorSize(Inner(file)); }
int SyncedCharacteristics(sqlite3_file* file) {
  return Inner(file)->pMethods->xDeviceCharacteristics(Inner(file));
}

// Version 1: a write-ahead file is neither mapped nor has it shared memory.
constexpr sqlite3_io_methods kSyncedMethods = {1,
                                               SyncedClose,
                                               SyncedReadAt,
                                               SyncedWriteAt,
                                               SyncedTruncate,
                                               Sync,
                                               SyncedFileSize,
                                               SyncedLock,
                                               SyncedUnlock,
                                               SyncedCheckLock,
                                               SyncedControl,
                                               SyncedSectorSize,
                                               SyncedCharacteristics,
                                               nullptr,
                                               nullptr,
                                               nullptr,
                                               nullptr,
                                               nullptr,
                                               nullptr};

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  const SyncVfs& mine = Of(vfs);
  sqlite3_vfs& base = mine.base();
  if ((flags & SQLITE_OPEN_WAL) == 0) return base.xOpen(&base, name, file, flags, out_flags);
  file->pMethods = nullptr;
  sqlite3_file* const inner = Inner(file);
  inner->pMethods = nullptr;
  const int code = base.xOpen(&base, name, inner, flags, out_flags);
  if (inner->pMethods == nullptr) return code;  // it is not to be closed
  reinterpret_cast<File*>(file)->vfs = &mine;
  file->pMethods = &kSyncedMethods;
  return code;
}
int Delete(sqlite3_vfs* vfs, const char* name, int sync) {
  sqlite3_vfs& base = Of(vfs).base();
  return base.xDelete(&base, name, sync);
}
int Access(sqlite3_vfs* vfs, const char* name, int flags, int* result) {
  sqlite3_vfs& base = Of(vfs).base();
  return base.xAccess(&base, name, flags, result);
}
int SyncedFullPathname(sqlite3_vfs* vfs, const char* name, int bytes, char* to) {
  sqlite3_vfs& base = Of(vfs).base();
  return base.xFullPathname(&base, name, bytes, to);
}
int LastError(sqlite3_vfs* vfs, int bytes, char* to) {
  sqlite3_vfs& base = Of(vfs).base();
  return base.xGetLastError == nullptr ? 0 : base.xGetLastError(&base, bytes, to);
}

std::string SyncedNextName() {
  static std::atomic<uint64_t> count{0};
  return absl::StrCat("carillon-sync-", ++count);
}

}  // namespace

SyncVfs::SyncVfs(const char* base, const base::Clock& clock, OnSync on_sync)
    : base_(sqlite3_vfs_find(base)),
      clock_(clock),
      on_sync_(std::move(on_sync)),
      name_(SyncedNextName()),
      vfs_(*base_) {
  vfs_.pNext = nullptr;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + base_->szOsFile;
  vfs_.xOpen = Open;
  vfs_.xDelete = Delete;
  vfs_.xAccess = Access;
  vfs_.xFullPathname = SyncedFullPathname;
  vfs_.xGetLastError = LastError;
  sqlite3_vfs_register(&vfs_, 0);
}

SyncVfs::~SyncVfs() { sqlite3_vfs_unregister(&vfs_); }

}  // namespace carillon::journal
