#include "image_vfs.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace carillon::journal {
namespace {

struct ImageFile {
  sqlite3_file base;
  const ImageVfs* image;
};

std::string NextName() {
  static std::atomic<uint64_t> count{0};
  return absl::StrCat("carillon-image-", ++count);
}

int Close(sqlite3_file*) { return SQLITE_OK; }

int ReadAt(sqlite3_file* file, void* to, int bytes, sqlite3_int64 offset) {
  const ImageVfs& image = *reinterpret_cast<ImageFile*>(file)->image;
  const auto at = static_cast<uint64_t>(offset);
  const auto wanted = static_cast<size_t>(bytes);
  const size_t there = at >= image.size() ? 0 : std::min<uint64_t>(wanted, image.size() - at);
  if (there > 0 && !image.read()(at, static_cast<char*>(to), there).ok()) {
    return SQLITE_IOERR_READ;
  }
  std::memset(static_cast<char*>(to) + there, 0, wanted - there);
  return there == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int WriteAt(sqlite3_file*, const void*, int, sqlite3_int64) { return SQLITE_READONLY; }
int Truncate(sqlite3_file*, sqlite3_int64) { return SQLITE_READONLY; }
int Sync(sqlite3_file*, int) { return SQLITE_OK; }
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(reinterpret_cast<ImageFile*>(file)->image->size());
  return SQLITE_OK;
}
int Lock(sqlite3_file*, int) { return SQLITE_OK; }
int CheckLock(sqlite3_file*, int* reserved) {
  *reserved = 0;
  return SQLITE_OK;
}
int Control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int SectorSize(sqlite3_file*) { return 0; }
int Characteristics(sqlite3_file*) { return SQLITE_IOCAP_IMMUTABLE; }

constexpr sqlite3_io_methods kMethods = {
    1,       Close,     ReadAt,  WriteAt,    Truncate,        Sync,    FileSize, Lock,
    Lock,    CheckLock, Control, SectorSize, Characteristics, nullptr, nullptr,  nullptr,
    nullptr, nullptr,   nullptr};

int OpenFile(sqlite3_vfs* vfs, const char*, sqlite3_file* file, int flags, int* out_flags) {
  auto* mine = reinterpret_cast<ImageFile*>(file);
  mine->base.pMethods = nullptr;
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return SQLITE_CANTOPEN;
  mine->image = static_cast<const ImageVfs*>(vfs->pAppData);
  mine->base.pMethods = &kMethods;
  if (out_flags != nullptr) *out_flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB;
  return SQLITE_OK;
}

int Delete(sqlite3_vfs*, const char*, int) { return SQLITE_READONLY; }
int Access(sqlite3_vfs*, const char*, int, int* result) {
  *result = 0;
  return SQLITE_OK;
}
int FullPathname(sqlite3_vfs*, const char* name, int bytes, char* to) {
  sqlite3_snprintf(bytes, to, "%s", name);
  return SQLITE_OK;
}

}  // namespace

ImageVfs::ImageVfs(uint64_t size, Read read)
    : size_(size), read_(std::move(read)), name_(NextName()), vfs_(*sqlite3_vfs_find(nullptr)) {
  vfs_.pNext = nullptr;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.szOsFile = sizeof(ImageFile);
  vfs_.xOpen = OpenFile;
  vfs_.xDelete = Delete;
  vfs_.xAccess = Access;
  vfs_.xFullPathname = FullPathname;
  sqlite3_vfs_register(&vfs_, 0);
}

ImageVfs::~ImageVfs() { sqlite3_vfs_unregister(&vfs_); }

}  // namespace carillon::journal
