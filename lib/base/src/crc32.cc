#include "carillon/base/crc32.h"

#include <libdeflate.h>

namespace carillon::base {

uint32_t Crc32(std::string_view bytes, uint32_t before) {
  // Of no place it would give the sum of nothing, whatever came before.
  return bytes.empty() ? before : libdeflate_crc32(before, bytes.data(), bytes.size());
}

}  // namespace carillon::base
