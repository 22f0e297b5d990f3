#include "batch_rest.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "chunk.h"

namespace carillon::journal {
namespace {

constexpr size_t kCrcBytes = sizeof(uint32_t);

void PutVarint(std::string& bytes, uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  bytes.push_back(static_cast<char>(value));
}

bool TakeVarint(std::string_view& bytes, uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

/// Of a difference modulo 2^64: small when it is small, up or down.
uint64_t Zigzag(uint64_t difference) { return (difference << 1) ^ (0 - (difference >> 63)); }
uint64_t Unzigzag(uint64_t value) { return (value >> 1) ^ (0 - (value & 1)); }

absl::Status DamagedRow(const Parked& row) {
  return absl::DataLossError(absl::StrCat("the parked batch at position ", row.position,
                                          " of lane ", row.lane, " is damaged on disk"));
}

}  // namespace

absl::Status EncodeRest(const Parked& row, std::string& bytes) {
  bytes.clear();
  if (row.rest.empty()) return absl::OkStatus();
  if (row.rest.size() > kMaxRest) {
    return absl::InvalidArgumentError(
        absl::StrCat("a batch of ", row.rest.size() + 1, " deliveries cannot be parked"));
  }
  bytes.resize(kCrcBytes);
  BatchMember before{row.position, row.group};
  for (const BatchMember& member : row.rest) {
    PutVarint(bytes, Zigzag(member.position - before.position));
    PutVarint(bytes, member.group ^ before.group);
    before = member;
  }
  const uint32_t crc = BytesCrc(std::string_view(bytes).substr(kCrcBytes));
  std::memcpy(bytes.data(), &crc, kCrcBytes);
  return absl::OkStatus();
}

absl::Status DecodeRest(std::string_view bytes, Parked& row) {
  row.rest.clear();
  if (bytes.empty()) return absl::OkStatus();
  uint32_t crc = 0;
  if (bytes.size() < kCrcBytes) return DamagedRow(row);
  std::memcpy(&crc, bytes.data(), kCrcBytes);
  bytes.remove_prefix(kCrcBytes);
  if (BytesCrc(bytes) != crc) return DamagedRow(row);
  BatchMember member{row.position, row.group};
  while (!bytes.empty()) {
    uint64_t step = 0;
    uint64_t change = 0;
    if (!TakeVarint(bytes, step) || !TakeVarint(bytes, change)) return DamagedRow(row);
    member.position += Unzigzag(step);
    member.group ^= change;
    if (member.group > kMaxGroup || row.rest.size() >= kMaxRest) return DamagedRow(row);
    row.rest.push_back(member);
  }
  return absl::OkStatus();
}

}  // namespace carillon::journal
