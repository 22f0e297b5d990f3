#pragma once

#include <cstdint>
#include <string_view>

namespace carillon::base {

/// The CRC-32 of zlib and PNG (polynomial 0x04C11DB7, reflected), which is stored. By libdeflate,
/// which takes the processor's carry-less multiplication where there is one; zlib does not.
/// `before`: the sum of what comes before `bytes`, so that a sum can be taken part by part.
uint32_t Crc32(std::string_view bytes, uint32_t before = 0);

}  // namespace carillon::base
