#include "ordering_group.h"

#include <cstdint>

namespace carillon::delivery {

// FNV-1a (Fowler, Noll, Vo), 64 bits, then the finish of MurmurHash3 for the sake of the high
// bits that are cut off.
store::GroupId GroupOfKey(std::string_view key) {
  if (key.empty()) return 0;
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : key) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  }
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53u;
  hash ^= hash >> 33;
  return kStrictGroup + 1 + hash % (store::kMaxGroup - kStrictGroup);
}

}  // namespace carillon::delivery
