#include "tenant_level.h"

#include <algorithm>

namespace carillon::journal {

uint64_t LevelWithin(std::vector<uint64_t> bytes, uint64_t bound) {
  std::ranges::sort(bytes);
  uint64_t left = bound;
  uint64_t others = bytes.size();
  for (const uint64_t each : bytes) {
    const uint64_t share = left / others--;
    if (each > share) return share;
    left -= each;
  }
  return UINT64_MAX;
}

}  // namespace carillon::journal
