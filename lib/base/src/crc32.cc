#include "carillon/base/crc32.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace carillon::base {
namespace {

static_assert(std::endian::native == std::endian::little, "eight bytes are taken as one number");

constexpr uint32_t kPolynomial = 0xEDB88320;  // reflected
constexpr size_t kStep = 8;                   // bytes that are taken at once

/// Of table i: what a byte makes of the sum when i bytes follow it.
using Tables = std::array<std::array<uint32_t, 256>, kStep>;

constexpr Tables MakeTables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum & 1) != 0 ? kPolynomial ^ sum >> 1 : sum >> 1;
    tables[0][byte] = sum;
  }
  for (size_t i = 1; i < kStep; ++i) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t sum = tables[i - 1][byte];
      tables[i][byte] = sum >> 8 ^ tables[0][sum & 0xFF];
    }
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

uint32_t ByTables(const char* at, size_t bytes, uint32_t sum) {
  for (; bytes >= kStep; at += kStep, bytes -= kStep) {
    uint64_t next = 0;
    std::memcpy(&next, at, kStep);
    next ^= sum;
    sum = 0;
    for (size_t i = 0; i < kStep; ++i) sum ^= kTables[kStep - 1 - i][next >> 8 * i & 0xFF];
  }
  for (; bytes > 0; ++at, --bytes) {
    sum = sum >> 8 ^ kTables[0][(sum ^ static_cast<uint8_t>(*at)) & 0xFF];
  }
  return sum;
}

#if defined(__x86_64__)

#define CARILLON_CARRYLESS __attribute__((target("pclmul,sse4.1")))

constexpr size_t kLane = 16;  // bytes of a register
constexpr size_t kLanes = 4;  // registers that are folded side by side
constexpr size_t kLeastFolded = kLanes * kLane;

CARILLON_CARRYLESS __m128i Load(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

/// `lane` moved on to where `next` is, by the two powers of x in `by`.
CARILLON_CARRYLESS __m128i Fold(__m128i lane, __m128i by, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(lane, by, 0x00);
  const __m128i high = _mm_clmulepi64_si128(lane, by, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/// The remainder of one register, after Barrett.
CARILLON_CARRYLESS uint32_t Reduce(__m128i lane, __m128i by_lane) {
  const __m128i low_words = _mm_setr_epi32(-1, 0, -1, 0);
  lane = _mm_xor_si128(_mm_srli_si128(lane, 8), _mm_clmulepi64_si128(lane, by_lane, 0x10));
  const __m128i x64 = _mm_set_epi64x(0, 0x0163cd6124);
  lane = _mm_xor_si128(_mm_srli_si128(lane, 4),
                       _mm_clmulepi64_si128(_mm_and_si128(lane, low_words), x64, 0x00));
  const __m128i barrett = _mm_set_epi64x(0x01f7011641, 0x01db710641);
  __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(lane, low_words), barrett, 0x10);
  quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, low_words), barrett, 0x00);
  return static_cast<uint32_t>(_mm_extract_epi32(_mm_xor_si128(lane, quotient), 1));
}

/// Of whole registers, at least kLeastFolded bytes. After Gopal et al., "Fast CRC Computation for
/// Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009, whose numbers these are.
CARILLON_CARRYLESS uint32_t ByFolding(const char* at, size_t bytes, uint32_t sum) {
  const __m128i by_lanes = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4);
  const __m128i by_lane = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
  __m128i lanes[kLanes];
  for (size_t i = 0; i < kLanes; ++i) lanes[i] = Load(at + i * kLane);
  lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi32_si128(static_cast<int>(sum)));
  at += kLeastFolded;
  bytes -= kLeastFolded;
  for (; bytes >= kLeastFolded; at += kLeastFolded, bytes -= kLeastFolded) {
    for (size_t i = 0; i < kLanes; ++i) lanes[i] = Fold(lanes[i], by_lanes, Load(at + i * kLane));
  }
  __m128i lane = lanes[0];
  for (size_t i = 1; i < kLanes; ++i) lane = Fold(lane, by_lane, lanes[i]);
  for (; bytes >= kLane; at += kLane, bytes -= kLane) lane = Fold(lane, by_lane, Load(at));
  return Reduce(lane, by_lane);
}

bool Folds() {
  static const bool folds = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
  return folds;
}

#endif

}  // namespace

uint32_t Crc32(std::string_view bytes, uint32_t before) {
  uint32_t sum = ~before;
#if defined(__x86_64__)
  if (bytes.size() >= kLeastFolded && Folds()) {
    const size_t whole = bytes.size() / kLane * kLane;
    sum = ByFolding(bytes.data(), whole, sum);
    bytes.remove_prefix(whole);
  }
#endif
  return ~ByTables(bytes.data(), bytes.size(), sum);
}

}  // namespace carillon::base
