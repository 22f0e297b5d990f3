#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace carillon::journal {

/// A file that is only read, beside SQLite and never while SQLite has it open in this process:
/// closing any descriptor of a database lets go the locks that SQLite holds on it (see "How To
/// Corrupt An SQLite Database File", 2.2). One thread.
class FileBytes {
 public:
  /// NOT_FOUND: there is none; PERMISSION_DENIED, UNAVAILABLE: it cannot be read.
  static absl::StatusOr<FileBytes> Open(const std::string& path);
  FileBytes() = default;
  FileBytes(FileBytes&& other) noexcept { *this = std::move(other); }
  FileBytes& operator=(FileBytes&& other) noexcept;
  ~FileBytes();

  bool open() const { return fd_ >= 0; }
  uint64_t size() const { return size_; }
  /// Fills `to` with the bytes at `offset`; those behind the end of the file are zero. Returns how
  /// many were there. UNAVAILABLE: the read failed.
  absl::StatusOr<size_t> Read(uint64_t offset, char* to, size_t bytes) const;

 private:
  std::string path_;
  int fd_ = -1;
  uint64_t size_ = 0;
};

/// Big-endian numbers, as SQLite's files hold them.
inline uint32_t Big32(const char* at) {
  const auto* b = reinterpret_cast<const unsigned char*>(at);
  return (uint32_t{b[0]} << 24) | (uint32_t{b[1]} << 16) | (uint32_t{b[2]} << 8) | b[3];
}
inline uint32_t Big16(const char* at) {
  const auto* b = reinterpret_cast<const unsigned char*>(at);
  return (uint32_t{b[0]} << 8) | b[1];
}
inline void PutBig32(char* at, uint32_t value) {
  at[0] = static_cast<char>(value >> 24);
  at[1] = static_cast<char>(value >> 16);
  at[2] = static_cast<char>(value >> 8);
  at[3] = static_cast<char>(value);
}

}  // namespace carillon::journal
