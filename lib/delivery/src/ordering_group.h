#pragma once

#include <string_view>

#include "carillon/store/lane_state.h"

namespace carillon::delivery {

/// The group of every delivery of a lane in strict order; no key has it. Stored: must not change.
inline constexpr store::GroupId kStrictGroup = 1;

/// Returns the group of an ordering key: a stable hash of it, which the journal keeps; 0 without a
/// key. Two keys that share a hash go one after another, which is always allowed. Stored: must not
/// change (lib/journal/FORMAT.md).
store::GroupId GroupOfKey(std::string_view key);

}  // namespace carillon::delivery
