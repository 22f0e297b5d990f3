#include "carillon/base/crc32.h"

#include <gtest/gtest.h>

#include <string>

#include "carillon/base/random.h"

namespace carillon::base {
namespace {

/// A bit at a time, as it is defined.
uint32_t Defined(std::string_view bytes) {
  uint32_t sum = 0xFFFFFFFF;
  for (const char byte : bytes) {
    sum ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) sum = (sum & 1) != 0 ? sum >> 1 ^ 0xEDB88320 : sum >> 1;
  }
  return ~sum;
}

TEST(Crc32Test, IsTheOneThatStandardsGive) {
  EXPECT_EQ(Crc32(""), 0u);
  EXPECT_EQ(Crc32("123456789"), 0xCBF43926);
  EXPECT_EQ(Crc32(std::string(32, '\0')), 0x190A55AD);
}

TEST(Crc32Test, IsTheSameForEveryLengthAndPlace) {
  SeededRandom random(7);
  std::string bytes(700, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.Next());
  for (size_t from = 0; from < 17; ++from) {
    for (size_t size = 0; from + size <= bytes.size(); size += from == 0 ? 1 : 13) {
      const std::string_view part = std::string_view(bytes).substr(from, size);
      ASSERT_EQ(Crc32(part), Defined(part)) << from << " " << size;
    }
  }
}

TEST(Crc32Test, GoesOnFromTheSumOfWhatCameBefore) {
  const std::string bytes(300, 'x');
  const std::string_view all = bytes;
  for (const size_t cut : {size_t{0}, size_t{1}, size_t{64}, size_t{150}, size_t{300}}) {
    EXPECT_EQ(Crc32(all.substr(cut), Crc32(all.substr(0, cut))), Defined(all)) << cut;
  }
}

}  // namespace
}  // namespace carillon::base
