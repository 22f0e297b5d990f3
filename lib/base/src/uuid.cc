#include "carillon/base/uuid.h"

#include <array>

namespace carillon::base {

std::string MakeUuidV7(WallTime now, Random& random) {
  const auto millis = static_cast<uint64_t>(
      std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count());
  const uint64_t a = random.Next();
  const uint64_t b = random.Next();
  const uint64_t high = (millis << 16) | 0x7000 | (a & 0x0FFF);
  const uint64_t low = (uint64_t{0b10} << 62) | (b >> 2);

  static constexpr char kHex[] = "0123456789abcdef";
  std::string out(36, '-');
  size_t at = 0;
  auto put = [&](uint64_t word) {
    for (int shift = 60; shift >= 0; shift -= 4) {
      if (at == 8 || at == 13 || at == 18 || at == 23) ++at;
      out[at++] = kHex[(word >> shift) & 0xF];
    }
  };
  put(high);
  put(low);
  return out;
}

}  // namespace carillon::base
