#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "carillon/journal/journal.h"

namespace carillon::journal {

/// `row.rest` as its column holds it: nothing for a delivery alone, else a CRC-32 of what follows,
/// little-endian, and for each member two varints: its position less the one before (zigzag), and
/// its group xor the one before. INVALID_ARGUMENT when there are more than `kMaxRest`.
absl::Status EncodeRest(const Parked& row, std::string& bytes);

/// Sets `row.rest` from its column; the rest of `row` is set. DATA_LOSS when the bytes are no such
/// list.
absl::Status DecodeRest(std::string_view bytes, Parked& row);

}  // namespace carillon::journal
