#include "high_water_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "chunk.h"
#include "file_bytes.h"

namespace carillon::journal {
namespace {

/// A slot: magic | store | u64 sequence | u64 last_position | u32 flags | u32 digest | 12 bytes of
/// zero | u32 crc over all before it; little-endian. Each lies in a block of its own.
constexpr size_t kSlotBytes = 64;
constexpr uint64_t kSlotDistance = 4096;
constexpr char kMarkMagic[8] = {'C', 'r', 'l', 'n', 'M', 'r', 'k', '1'};
constexpr uint32_t kClean = 1;
constexpr uint32_t kWalUsed = 2;

struct Slot {
  char magic[8];
  StoreId store;
  uint64_t sequence;
  uint64_t last_position;
  uint32_t flags;
  uint32_t digest;
  char unused[12];
  uint32_t crc;
};
static_assert(sizeof(Slot) == kSlotBytes);

uint32_t CrcOf(const Slot& slot) {
  return BytesCrc({reinterpret_cast<const char*>(&slot), offsetof(Slot, crc)});
}

absl::Status Failed(const std::string& what, int why) {
  const std::string text = absl::StrCat(what, ": ", std::strerror(why));
  if (why == ENOSPC || why == EDQUOT) return absl::ResourceExhaustedError(text);
  if (why == EACCES || why == EPERM || why == EROFS) return absl::PermissionDeniedError(text);
  return absl::UnavailableError(text);
}

}  // namespace

std::string HighWaterPath(const std::string& folder) { return folder + "/carillon.mark"; }

StoreId IdOfStore(const HashKey& key) {
  const IdHash hash = SipHash128(key, "carillon store");
  StoreId id;
  std::memcpy(id.data(), &hash.low, 8);
  std::memcpy(id.data() + 8, &hash.high, 8);
  return id;
}

absl::StatusOr<std::optional<HighWater>> HighWaterFile::Read(const std::string& folder,
                                                             bool& damaged) {
  damaged = false;
  const absl::StatusOr<FileBytes> file = FileBytes::Open(HighWaterPath(folder));
  if (absl::IsNotFound(file.status())) return std::nullopt;
  if (!file.ok()) return file.status();
  std::optional<HighWater> newest;
  uint64_t sequence = 0;
  for (uint64_t at : {uint64_t{0}, kSlotDistance}) {
    Slot slot;
    const auto read = file->Read(at, reinterpret_cast<char*>(&slot), sizeof(slot));
    if (!read.ok()) return read.status();
    if (std::memcmp(slot.magic, kMarkMagic, sizeof(kMarkMagic)) != 0 || slot.crc != CrcOf(slot))
      continue;
    if (newest && slot.sequence < sequence) continue;
    sequence = slot.sequence;
    newest = HighWater{slot.store, slot.last_position, (slot.flags & kWalUsed) != 0,
                       (slot.flags & kClean) != 0, slot.digest};
  }
  damaged = !newest;
  return newest;
}

absl::StatusOr<HighWaterFile> HighWaterFile::Open(const std::string& folder,
                                                  const HighWater& state) {
  HighWaterFile mark;
  const std::string path = HighWaterPath(folder);
  mark.fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (mark.fd_ < 0) return Failed(path, errno);
  fchmod(mark.fd_, 0600);
  // The numbers go on, so that what is in the file cannot be taken for newer.
  for (uint64_t at : {uint64_t{0}, kSlotDistance}) {
    Slot slot{};
    if (pread(mark.fd_, &slot, sizeof(slot), static_cast<off_t>(at)) != sizeof(slot)) continue;
    if (slot.crc == CrcOf(slot)) mark.sequence_ = std::max(mark.sequence_, slot.sequence);
  }
  mark.state_ = state;
  absl::Status status = mark.Write();
  if (status.ok()) status = mark.Write();
  if (status.ok()) status = mark.Sync();
  if (!status.ok()) return status;
  if (const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); fd >= 0) {
    fsync(fd);
    close(fd);
  }
  return mark;
}

HighWaterFile& HighWaterFile::operator=(HighWaterFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(sequence_, other.sequence_);
  std::swap(state_, other.state_);
  return *this;
}

HighWaterFile::~HighWaterFile() {
  if (fd_ >= 0) close(fd_);
}

absl::Status HighWaterFile::Write() {
  Slot slot{};
  std::memcpy(slot.magic, kMarkMagic, sizeof(kMarkMagic));
  slot.store = state_.store;
  slot.sequence = ++sequence_;
  slot.last_position = state_.last_position;
  slot.flags = (state_.clean ? kClean : 0) | (state_.wal_used ? kWalUsed : 0);
  slot.digest = state_.digest;
  slot.crc = CrcOf(slot);
  const off_t at = (sequence_ & 1) != 0 ? kSlotDistance : 0;
  const ssize_t n = pwrite(fd_, &slot, sizeof(slot), at);
  if (n == sizeof(slot)) return absl::OkStatus();
  return Failed("carillon.mark cannot be written", n < 0 ? errno : ENOSPC);
}

absl::Status HighWaterFile::Sync() {
  return fdatasync(fd_) == 0 ? absl::OkStatus() : Failed("carillon.mark cannot be synced", errno);
}

void HighWaterFile::Advance(uint64_t last_position) {
  if (fd_ < 0 || (state_.last_position == last_position && state_.wal_used)) return;
  state_.last_position = last_position;
  state_.wal_used = true;
  Write().IgnoreError();
}

absl::Status HighWaterFile::SetStopping() {
  if (fd_ < 0) return absl::OkStatus();
  state_.wal_used = false;
  absl::Status status = Write();
  return status.ok() ? Sync() : status;
}

absl::Status HighWaterFile::SetClean(uint32_t digest) {
  if (fd_ < 0) return absl::OkStatus();
  state_.clean = true;
  state_.digest = digest;
  absl::Status status = Write();
  return status.ok() ? Sync() : status;
}

}  // namespace carillon::journal
