#include "id_hash.h"

#include <bit>
#include <cstring>
#include <string>

namespace carillon::journal {
namespace {

uint64_t Load64(const void* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

struct Sip {
  uint64_t v0, v1, v2, v3;

  void Round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void Word(uint64_t word) {
    v3 ^= word;
    Round();
    Round();
    v0 ^= word;
  }
  uint64_t Finish() {
    for (int i = 0; i < 4; ++i) Round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

IdHash SipHash128(const HashKey& key, std::string_view bytes) {
  const uint64_t k0 = Load64(key.data());
  const uint64_t k1 = Load64(key.data() + 8);
  Sip sip{k0 ^ 0x736f6d6570736575ull, k1 ^ 0x646f72616e646f6dull ^ 0xee, k0 ^ 0x6c7967656e657261ull,
          k1 ^ 0x7465646279746573ull};
  size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) sip.Word(Load64(bytes.data() + at));
  uint64_t last = static_cast<uint64_t>(bytes.size()) << 56;
  uint64_t tail = 0;
  if (at < bytes.size()) std::memcpy(&tail, bytes.data() + at, bytes.size() - at);
  sip.Word(last | tail);
  IdHash hash;
  sip.v2 ^= 0xee;
  hash.low = sip.Finish();
  sip.v1 ^= 0xdd;
  hash.high = sip.Finish();
  return hash;
}

IdHash HashId(const HashKey& key, std::string_view tenant, std::string_view id) {
  if (id.empty()) return {};
  std::array<char, 512> small;
  const size_t size = tenant.size() + 1 + id.size();
  if (size <= small.size()) {
    std::memcpy(small.data(), tenant.data(), tenant.size());
    small[tenant.size()] = '\0';
    std::memcpy(small.data() + tenant.size() + 1, id.data(), id.size());
    return SipHash128(key, {small.data(), size});
  }
  std::string large(tenant);
  large.push_back('\0');
  large.append(id);
  return SipHash128(key, large);
}

}  // namespace carillon::journal
