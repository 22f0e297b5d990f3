#pragma once

#include <cstdint>
#include <vector>

namespace carillon::journal {

/// What each of several backlogs may take, so that together they take at most `bound`: those that
/// take less keep all, and all others the same. `bytes` is what each takes. Returns UINT64_MAX when
/// nothing has to go.
uint64_t LevelWithin(std::vector<uint64_t> bytes, uint64_t bound);

}  // namespace carillon::journal
