#include "carillon/json/number.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace carillon::json {
namespace {

bool Equal(const std::string& a, const std::string& b) {
  const auto number = Number::Parse(a);
  EXPECT_TRUE(number.has_value()) << a;
  const auto other = Number::Parse(b);
  const bool same = number && Same(*number, PartsOf(b));
  if (other) EXPECT_EQ(same, *number == *other) << a << " " << b;
  return same;
}

TEST(Number, IsEqualByValueHoweverItIsWritten) {
  const std::pair<const char*, const char*> same[] = {{"1", "1.0"},
                                                      {"1", "10e-1"},
                                                      {"0", "-0"},
                                                      {"0", "0.000e99999999999999999999999999"},
                                                      {"100", "1E+2"},
                                                      {"-12.50", "-1250e-2"},
                                                      {"0.1", "0.10"},
                                                      {"0.1", "1e-1"},
                                                      {"1e400", "10E399"},
                                                      {"1e400", "0.01e402"},
                                                      {"20.02", "2002e-2"},
                                                      {"1000000000000000000000", "1e21"},
                                                      {"0.00120", "1.2e-03"},
                                                      {"1e007", "10000000"}};
  for (const auto& [a, b] : same) {
    EXPECT_TRUE(Equal(a, b)) << a << " " << b;
  }
}

TEST(Number, NeverRounds) {
  const std::pair<const char*, const char*> different[] = {
      {"1", "-1"},
      {"1", "0"},
      {"1", "10"},
      {"12", "1.2"},
      {"9007199254740992", "9007199254740993"},
      {"9223372036854775808", "9223372036854775807"},
      {"12345678901234567890", "12345678901234567891"},
      {"0.1", "0.1000000000000000055511151231257827"},
      {"1e400", "1e401"},
      {"1e-400", "0"},
      {"1e400", "1e99999999999999999999999999"},
      {"101", "11"},
      {"1001", "101"}};
  for (const auto& [a, b] : different) {
    EXPECT_FALSE(Equal(a, b)) << a << " " << b;
  }
}

TEST(Number, RefusesWhatIsNotANumberOfJsonOrBeyondTheBound) {
  for (const char* text :
       {"", " 1", "1 ", "01", "+1", ".5", "1.", "1e", "0x1", "-", "true", "\"1\"", "[1]", "1,2",
        "NaN", "1e1000000000000001", "1e-99999999999999999999"}) {
    EXPECT_FALSE(Number::Parse(text).has_value()) << text;
  }
  EXPECT_TRUE(Number::Parse("1e1000000000000000").has_value());
}

TEST(Number, ManyDigitsCostNoMoreThanTheOtherHas) {
  const std::string zeros(1'000'000, '0');
  EXPECT_TRUE(Equal("1", "1." + zeros));
  EXPECT_TRUE(Equal("1e1000000", "1" + zeros));
  EXPECT_FALSE(Equal("1", "1." + zeros + "1"));
  EXPECT_TRUE(Equal("1", "0." + zeros + "1e1000001"));
}

// The same number written in another way, and one that is not the same.
TEST(Number, RandomOnesStayThemselvesWhenThePointMoves) {
  for (uint64_t seed = 1; seed <= 2'000; ++seed) {
    std::mt19937_64 random(seed);
    std::string digits(1, static_cast<char>('1' + random() % 9));
    for (size_t n = random() % 30; n > 0; --n) digits += static_cast<char>('0' + random() % 10);
    const auto exponent = static_cast<int>(random() % 60) - 30;
    const std::string plain = digits + "e" + std::to_string(exponent);
    const size_t point = 1 + random() % digits.size();
    const auto moved = exponent + static_cast<int>(digits.size() - point);
    std::string other = digits.substr(0, point);
    const std::string rest = digits.substr(point) + std::string(random() % 4, '0');
    if (!rest.empty()) other += "." + rest;
    other += "E" + std::to_string(moved);
    ASSERT_TRUE(Equal(plain, other)) << "seed " << seed << ": " << plain << " " << other;
    other[random() % point] ^= 1;  // another digit: 0-1, 2-3, ..., 8-9
    if (other[0] == '0') continue;
    ASSERT_FALSE(Equal(plain, other)) << "seed " << seed << ": " << plain << " " << other;
  }
}

}  // namespace
}  // namespace carillon::json
