#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "chunk.h"

namespace carillon::journal {

/// A chunk all of whose events are gone: what a salvaged store has where positions were lost, so
/// that they are never given again. Its records are one number: the count with its highest bit set.
inline constexpr uint32_t kMostLost = (1u << 31) - 1;

inline std::string LostRecords(uint32_t count) {
  const uint32_t number = (1u << 31) | count;
  std::string records(sizeof(number), '\0');
  std::memcpy(records.data(), &number, sizeof(number));
  return records;
}

inline bool IsLost(const ChunkHead& head, std::string_view records) {
  return records.size() == sizeof(uint32_t) && records == LostRecords(head.count);
}

}  // namespace carillon::journal
