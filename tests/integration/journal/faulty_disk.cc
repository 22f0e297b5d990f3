#include "faulty_disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <thread>

namespace carillon::journal {
namespace {

struct File {
  sqlite3_file base;
  std::string* path;
  sqlite3_file* real;
};

FaultyDisk* disk = nullptr;  // the one that is registered

File& Of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
sqlite3_vfs* RealVfs(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

int Close(sqlite3_file* file) {
  const int code = Of(file).real->pMethods->xClose(Of(file).real);
  delete Of(file).path;
  return code;
}
int Read(sqlite3_file* file, void* to, int bytes, sqlite3_int64 offset) {
  return Of(file).real->pMethods->xRead(Of(file).real, to, bytes, offset);
}
int Write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
  sqlite3_file* real = Of(file).real;
  if (const int code = disk->BeforeWrite(*Of(file).path, real, offset, bytes); code != SQLITE_OK) {
    return code;
  }
  return real->pMethods->xWrite(real, from, bytes, offset);
}
int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (disk->dead) return SQLITE_IOERR_TRUNCATE;
  return Of(file).real->pMethods->xTruncate(Of(file).real, size);
}
int Sync(sqlite3_file* file, int flags) {
  if (const int code = disk->BeforeSync(*Of(file).path); code != SQLITE_OK) return code;
  const int code = Of(file).real->pMethods->xSync(Of(file).real, flags);
  if (code == SQLITE_OK) disk->Synced(*Of(file).path);
  return code;
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Of(file).real->pMethods->xFileSize(Of(file).real, size);
}
int Lock(sqlite3_file* file, int level) {
  return Of(file).real->pMethods->xLock(Of(file).real, level);
}
int Unlock(sqlite3_file* file, int level) {
  return Of(file).real->pMethods->xUnlock(Of(file).real, level);
}
int CheckLock(sqlite3_file* file, int* out) {
  return Of(file).real->pMethods->xCheckReservedLock(Of(file).real, out);
}
int Control(sqlite3_file* file, int op, void* arg) {
  return Of(file).real->pMethods->xFileControl(Of(file).real, op, arg);
}
int SectorSize(sqlite3_file* file) { return Of(file).real->pMethods->xSectorSize(Of(file).real); }
int Characteristics(sqlite3_file* file) {
  return Of(file).real->pMethods->xDeviceCharacteristics(Of(file).real);
}
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return Of(file).real->pMethods->xShmMap(Of(file).real, page, size, extend, out);
}
int ShmLock(sqlite3_file* file, int offset, int n, int flags) {
  return Of(file).real->pMethods->xShmLock(Of(file).real, offset, n, flags);
}
void ShmBarrier(sqlite3_file* file) { Of(file).real->pMethods->xShmBarrier(Of(file).real); }
int ShmUnmap(sqlite3_file* file, int remove) {
  return Of(file).real->pMethods->xShmUnmap(Of(file).real, remove);
}

constexpr sqlite3_io_methods kMethods = {
    2,        Close,     Read,    Write,      Truncate,        Sync,   FileSize, Lock,
    Unlock,   CheckLock, Control, SectorSize, Characteristics, ShmMap, ShmLock,  ShmBarrier,
    ShmUnmap, nullptr,   nullptr};

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  File& mine = Of(file);
  mine.base.pMethods = nullptr;
  mine.real = reinterpret_cast<sqlite3_file*>(&mine + 1);
  const int code = RealVfs(vfs)->xOpen(RealVfs(vfs), name, mine.real, flags, out_flags);
  if (code != SQLITE_OK) return code;
  mine.path = new std::string(name != nullptr ? name : "");
  mine.base.pMethods = &kMethods;
  return SQLITE_OK;
}

}  // namespace

FaultyDisk::FaultyDisk() {
  sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
  vfs_ = *real;
  vfs_.pNext = nullptr;
  vfs_.zName = kName;
  vfs_.pAppData = real;
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
  vfs_.xOpen = Open;
  disk = this;
  sqlite3_vfs_register(&vfs_, 0);
}

FaultyDisk::~FaultyDisk() {
  sqlite3_vfs_unregister(&vfs_);
  disk = nullptr;
}

int FaultyDisk::BeforeWrite(const std::string& path, sqlite3_file* file, int64_t offset,
                            int bytes) {
  if (dead) return SQLITE_IOERR_WRITE;
  if (full || (full_database && !path.ends_with("-wal"))) return SQLITE_FULL;
  if (writes_until_cut > 0 && --writes_until_cut == 0) {
    dead = true;
    return SQLITE_IOERR_WRITE;
  }
  Undo undo{0, offset, {}};
  sqlite3_int64 size = 0;
  file->pMethods->xFileSize(file, &size);
  undo.size = size;
  if (offset < size) {
    undo.bytes.resize(static_cast<size_t>(std::min<int64_t>(bytes, size - offset)));
    file->pMethods->xRead(file, undo.bytes.data(), static_cast<int>(undo.bytes.size()), offset);
  }
  std::lock_guard lock(mutex_);
  unsynced_[path].push_back(std::move(undo));
  return SQLITE_OK;
}

int FaultyDisk::BeforeSync(const std::string& path) {
  if (hold_sync) ++syncs_held;
  while (hold_sync) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (dead) return SQLITE_IOERR_FSYNC;
  if (!fail_sync && !(fail_sync_of_database && !path.ends_with("-wal"))) return SQLITE_OK;
  ++syncs_failed;
  return SQLITE_IOERR_FSYNC;
}

void FaultyDisk::Synced(const std::string& path) {
  std::lock_guard lock(mutex_);
  unsynced_[path].clear();
}

void FaultyDisk::CutPower(std::mt19937_64& random) {
  std::lock_guard lock(mutex_);
  for (auto& [path, writes] : unsynced_) {
    const size_t survive = random() % (writes.size() + 1);
    const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
    for (; fd >= 0 && writes.size() > survive; writes.pop_back()) {
      const Undo& undo = writes.back();
      if (pwrite(fd, undo.bytes.data(), undo.bytes.size(), undo.offset) < 0) abort();
      if (ftruncate(fd, undo.size) != 0) abort();
    }
    if (fd >= 0) close(fd);
    unlink((path + "-shm").c_str());
  }
  unsynced_.clear();
  dead = false;
}

}  // namespace carillon::journal
