#pragma once

#include <cstdint>

#include "carillon/base/clock.h"
#include "carillon/journal/words.h"

namespace carillon::journal {

// What the column `parked.due_ns` holds (FORMAT.md): rows are found, and lie, in its order, which
// is the one of `Due`. Times from the year 2116 on are taken for the last moment before it.

inline constexpr int64_t kStuckKey = int64_t{1} << 62;  ///< times are below
inline constexpr int64_t kKeptKey = kStuckKey + (int64_t{1} << 61);

inline constexpr int64_t HeldKey(GroupId group) { return kStuckKey + static_cast<int64_t>(group); }

inline int64_t KeyOf(Due due) {
  switch (due.kind()) {
    case Due::Kind::kHeld:
      return HeldKey(due.group());
    case Due::Kind::kStuck:
      return kStuckKey;
    case Due::Kind::kKept:
      return kKeptKey;
    case Due::Kind::kTimed:
      break;
  }
  const int64_t time = base::ToUnixNanos(due.time());
  return time < kStuckKey ? time : kStuckKey - 1;
}

inline Due DueAt(int64_t key) {
  if (key < kStuckKey) return Due::At(base::FromUnixNanos(key));
  if (key == kStuckKey) return Due::Stuck();
  if (key == kKeptKey) return Due::Kept();
  return Due::Held(static_cast<GroupId>(key - kStuckKey));
}

}  // namespace carillon::journal
