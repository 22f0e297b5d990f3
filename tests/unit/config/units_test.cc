#include "carillon/resource/units.h"

#include <gtest/gtest.h>

namespace carillon::config {
namespace {

using std::chrono::milliseconds;

TEST(Units, Durations) {
  const std::pair<const char*, int64_t> cases[] = {{"0", 0},
                                                   {"0s", 0},
                                                   {"500ms", 500},
                                                   {"2s", 2'000},
                                                   {"1.5s", 1'500},
                                                   {"0.001s", 1},
                                                   {"5m", 300'000},
                                                   {"24h", 86'400'000},
                                                   {"7d", 604'800'000},
                                                   {"1h30m", 5'400'000},
                                                   {"1d2h3m4s5ms", 93'784'005},
                                                   {"0.5d", 43'200'000},
                                                   {"36500d", 3'153'600'000'000}};
  for (const auto& [text, millis] : cases) {
    const auto duration = resource::ParseDuration(text);
    ASSERT_TRUE(duration.ok()) << text << ": " << duration.status();
    EXPECT_EQ(duration->count(), millis) << text;
  }
}

TEST(Units, NoDurations) {
  for (const char* text : {"",
                           "5",
                           "s",
                           "-5s",
                           "+5s",
                           "5 s",
                           "5S",
                           "5sec",
                           "1.s",
                           ".5s",
                           "5m1h",
                           "5s5s",
                           "1,5s",
                           "0.5ms",
                           "1.0001s",
                           "9999999999999999999s",
                           "36501d",
                           "36500d1ms",
                           "1e3s",
                           "5s ",
                           "1.2.3s",
                           "5us",
                           "0.0000000001d"}) {
    EXPECT_FALSE(resource::ParseDuration(text).ok()) << text;
  }
}

TEST(Units, Sizes) {
  const std::pair<const char*, uint64_t> cases[] = {{"0", 0},
                                                    {"1048576", 1 << 20},
                                                    {"1B", 1},
                                                    {"256KiB", 1 << 18},
                                                    {"10GiB", 10ull << 30},
                                                    {"18446744073709551615", ~0ull},
                                                    {"2TiB", 2ull << 40}};
  for (const auto& [text, bytes] : cases) {
    const auto size = resource::ParseSize(text);
    ASSERT_TRUE(size.ok()) << text;
    EXPECT_EQ(*size, bytes) << text;
  }
  for (const char* text : {"", "KiB", "-1", "1.5MiB", "1 MiB", "1MB", "1kib", "1K",
                           "18446744073709551616", "18446744073709551615KiB", "1MiB "}) {
    EXPECT_FALSE(resource::ParseSize(text).ok()) << text;
  }
}

TEST(Units, AreShownAsTheyAreRead) {
  EXPECT_EQ(resource::FormatMillis(milliseconds(0)), "0s");
  EXPECT_EQ(resource::FormatMillis(milliseconds(5'400'010)), "1h30m10ms");
  EXPECT_EQ(resource::ParseDuration(resource::FormatMillis(milliseconds(93'784'005)))->count(),
            93'784'005);
  EXPECT_EQ(resource::FormatSize(1 << 18), "256 KiB");
  EXPECT_EQ(resource::FormatSize(1'000), "1000 bytes");
  EXPECT_EQ(resource::FormatSize(0), "0 bytes");
}

}  // namespace
}  // namespace carillon::config
