#include "carillon/base/random.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>

namespace carillon::base {
namespace {

class Fixed final : public Random {
 public:
  explicit Fixed(uint64_t bits) : bits_(bits) {}
  uint64_t Next() override { return bits_; }

 private:
  uint64_t bits_;
};

TEST(Random, UnitIsNeverOne) {
  EXPECT_EQ(Fixed(0).Unit(), 0.0);
  EXPECT_LT(Fixed(UINT64_MAX).Unit(), 1.0);
  EXPECT_GT(Fixed(UINT64_MAX).Unit(), 0.999999);
  EXPECT_EQ(Fixed(uint64_t{1} << 63).Unit(), 0.5);
}

TEST(SeededRandom, RepeatsItself) {
  SeededRandom a(7), b(7), c(8);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const uint64_t next = a.Next();
    ASSERT_EQ(next, b.Next());
    differs |= next != c.Next();
  }
  EXPECT_TRUE(differs);
}

TEST(FillRandom, FillsEveryByteAndNothingElse) {
  std::array<bool, 32> seen{};
  for (int round = 0; round < 64; ++round) {
    std::array<uint8_t, 34> bytes{};
    FillRandom(std::span(bytes).subspan(1, 32));
    ASSERT_EQ(bytes.front(), 0);
    ASSERT_EQ(bytes.back(), 0);
    for (size_t i = 0; i < 32; ++i) seen[i] = seen[i] || bytes[i + 1] != 0;
  }
  EXPECT_TRUE(std::all_of(seen.begin(), seen.end(), [](bool b) { return b; }));
  FillRandom({});
}

TEST(RandomSeed, IsNotAlwaysTheSame) {
  const uint64_t first = RandomSeed();
  EXPECT_TRUE(first != RandomSeed() || first != RandomSeed());
}

}  // namespace
}  // namespace carillon::base
