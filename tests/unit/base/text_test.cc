#include "carillon/base/text.h"

#include <gmock/gmock.h>

#include "absl/time/time.h"
#include "carillon/base/random.h"

namespace carillon::base {
namespace {

using namespace std::chrono_literals;

TEST(FindInvalidUtf8, TakesEveryCodePointAtItsEdges) {
  for (const char* s : {"", "a", "\x7f", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                        "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(FindInvalidUtf8(s), std::nullopt) << s;
  }
  EXPECT_EQ(FindInvalidUtf8(std::string_view("\0", 1)), std::nullopt);
}

TEST(FindInvalidUtf8, RefusesWhatRfc3629Does) {
  for (const char* s :
       {"\x80", "\xBF", "\xC0\xAF", "\xC1\xBF", "\xC2", "\xC2\x20", "\xC2\xC2", "\xE0\x9F\xBF",
        "\xE1\x80", "\xE1\x80\x41", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF",
        "\xF1\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF"}) {
    for (size_t before : {0, 1, 7, 8, 9, 15, 16, 23}) {  // across the eight-byte steps
      const std::string text = std::string(before, 'a') + s + "bbbbbbbbbbbb";
      EXPECT_EQ(FindInvalidUtf8(text), before);
      EXPECT_EQ(FindInvalidUtf8(std::string(before, 'a') + s), before);
    }
  }
}

TEST(FindInvalidUtf8, DoesNotReadPastTheEnd) {
  const std::string text = "é";
  EXPECT_EQ(FindInvalidUtf8(std::string_view(text).substr(0, 1)), 0u);
}

TEST(FormatRfc3339, WritesFractionsInThrees) {
  const WallTime t(1'714'564'800s);
  EXPECT_EQ(FormatRfc3339(t), "2024-05-01T12:00:00Z");
  EXPECT_EQ(FormatRfc3339(t + 120ms), "2024-05-01T12:00:00.120Z");
  EXPECT_EQ(FormatRfc3339(t + 5us), "2024-05-01T12:00:00.000005Z");
  EXPECT_EQ(FormatRfc3339(t + 10ns), "2024-05-01T12:00:00.000000010Z");
  EXPECT_EQ(FormatRfc3339(t + 999'999'999ns), "2024-05-01T12:00:00.999999999Z");
}

TEST(FormatRfc3339, BeforeTheEpochAndAtTheEdges) {
  EXPECT_EQ(FormatRfc3339(WallTime()), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatRfc3339(WallTime(-1ns)), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(FormatRfc3339(WallTime(-1s)), "1969-12-31T23:59:59Z");
  EXPECT_EQ(FormatRfc3339(FromUnixNanos(INT64_MAX)), "2262-04-11T23:47:16.854775807Z");
  EXPECT_EQ(FormatRfc3339(FromUnixNanos(INT64_MIN)), "1677-09-21T00:12:43.145224192Z");
  EXPECT_EQ(FormatRfc3339(-62'135'596'800, 0), "0001-01-01T00:00:00Z");
  EXPECT_EQ(FormatRfc3339(253'402'300'799, 999'000'000), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(FormatRfc3339(951'782'400, 0), "2000-02-29T00:00:00Z");
}

TEST(FormatRfc3339, AgreesWithAbseil) {
  SeededRandom random(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto nanos = static_cast<int64_t>(random.Next());
    const std::string ours = FormatRfc3339(FromUnixNanos(nanos));
    absl::Time parsed;
    std::string error;
    ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, ours, &parsed, &error)) << ours << error;
    ASSERT_EQ(absl::ToUnixNanos(parsed), nanos) << ours;
  }
}

TEST(Printable, IsOneLineOfUtf8) {
  EXPECT_EQ(Printable("plain é😀"), "plain é😀");
  EXPECT_EQ(Printable("a\nb\x7f"), "a\\x0ab\\x7f");
  EXPECT_EQ(Printable("\xff\xC3"), "\\xff\\xc3");
  EXPECT_EQ(Printable(std::string_view("\0", 1)), "\\x00");
}

TEST(Printable, EscapesControlsBeyondAscii) {
  EXPECT_EQ(Printable("a\xC2\x85z"), "a\\xc2\\x85z");  // NEXT LINE
  EXPECT_EQ(Printable("a\xC2\x9Bz"), "a\\xc2\\x9bz");  // begins terminal sequences
  EXPECT_EQ(Printable("a\xC2\xA0z"), "a\xC2\xA0z");    // a space is none
}

TEST(Printable, CutsWhatIsLong) {
  EXPECT_EQ(Printable("abcd", 4), "abcd");
  EXPECT_EQ(Printable("abcde", 4), "abcd...");
  EXPECT_EQ(Printable("日本語", 4), "日本...");
  EXPECT_EQ(Printable("a", 0), "...");
  EXPECT_EQ(Printable("", 0), "");
}

TEST(FormatDuration, ReadsWell) {
  EXPECT_EQ(FormatDuration(1500ms), "1.5s");
  EXPECT_EQ(FormatDuration(24h), "24h");
  EXPECT_EQ(FormatDuration(0ns), "0");
}

TEST(Views, CrossOverAndBack) {
  const std::string text("a\0b", 3);
  EXPECT_EQ(ToStd(ToAbsl(text)), text);
}

}  // namespace
}  // namespace carillon::base
