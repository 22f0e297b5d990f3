#include "carillon/base/random.h"

#include <openssl/rand.h>

#include <cstdio>
#include <cstdlib>

namespace carillon::base {

void FillRandom(std::span<uint8_t> out) {
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) {
    std::fputs("carillon: the system gives no random bytes\n", stderr);
    std::abort();
  }
}

uint64_t RandomSeed() {
  uint64_t seed = 0;
  FillRandom({reinterpret_cast<uint8_t*>(&seed), sizeof(seed)});
  return seed;
}

}  // namespace carillon::base
