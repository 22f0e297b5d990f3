#include "carillon/policy/retry_after.h"

#include <gtest/gtest.h>

#include <string>

namespace carillon::policy {
namespace {

using std::chrono::seconds;

// Sun, 06 Nov 1994 08:49:37 GMT
constexpr base::WallTime kNow{seconds(784'111'777)};
constexpr int kIgnored = -1;

struct Case {
  const char* value;
  int wait;
};

void Check(const Case& c, base::WallTime now) {
  const auto parsed = ParseRetryAfter(c.value, now);
  EXPECT_EQ(parsed ? static_cast<int>(parsed->count()) : kIgnored, c.wait) << c.value;
}

TEST(ParseRetryAfter, Seconds) {
  const Case cases[] = {
      {"0", 0},
      {"1", 1},
      {"007", 7},
      {"120", 120},
      {"31536000", 31'536'000},
      {"31536001", kIgnored},  // over a year
      {"9223372036854775807", kIgnored},
      {"9223372036854775808", kIgnored},
      {"99999999999999999999999999999999", kIgnored},
      {"-1", kIgnored},
      {"-0", kIgnored},
      {"+5", kIgnored},
      {"1.5", kIgnored},
      {"1e3", kIgnored},
      {"0x10", kIgnored},
      {"10s", kIgnored},
      {" 5", kIgnored},
      {"5 ", kIgnored},
      {"5, 6", kIgnored},
      {"", kIgnored},
      {"soon", kIgnored},
  };
  for (const Case& c : cases) Check(c, kNow);
}

TEST(ParseRetryAfter, Dates) {
  const Case cases[] = {
      {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
      {"Sun, 06 Nov 1994 08:50:00 GMT", 23},
      {"Mon, 07 Nov 1994 08:49:37 GMT", 86'400},
      {"Sun, 06 Nov 1994 08:49:36 GMT", kIgnored},  // past
      {"Tue, 06 Nov 1990 08:49:37 GMT", kIgnored},
      {"Mon, 06 Nov 1995 08:49:37 GMT", 31'536'000},
      {"Mon, 06 Nov 1995 08:49:38 GMT", kIgnored},  // over a year
      {"Fri, 31 Dec 9999 23:59:59 GMT", kIgnored},
      {"Sat, 31 Dec 1994 23:59:60 GMT", 4'806'623},  // a leap second
      {"Sunday, 06-Nov-94 08:50:37 GMT", 60},
      {"Sun Nov  6 08:50:37 1994", 60},
      {"Tue Nov 15 08:49:37 1994", 9 * 86'400},
      {"Sun, 6 Nov 1994 08:50:00 GMT", kIgnored},
      {"Sun, 06 nov 1994 08:50:00 GMT", kIgnored},
      {"sun, 06 Nov 1994 08:50:00 GMT", kIgnored},
      {"Sun, 06 Nov 1994 08:50:00 UTC", kIgnored},
      {"Sun, 06 Nov 1994 08:50:00 +0000", kIgnored},
      {"Sun, 06 Nov 1994 08:50:00", kIgnored},
      {"Sun, 06 Nov 1994 08:50:00 GMT ", kIgnored},
      {"Sun, 06 Nov 1994 8:50:00 GMT", kIgnored},
      {"Sun, 06 Nov 1994 24:00:00 GMT", kIgnored},
      {"Sun, 06 Nov 1994 08:60:00 GMT", kIgnored},
      {"Sun, 06 Nov 1994 08:50:61 GMT", kIgnored},
      {"Sun, 31 Nov 1994 08:50:00 GMT", kIgnored},
      {"Sun, 00 Nov 1994 08:50:00 GMT", kIgnored},
      {"Sun, -6 Nov 1994 08:50:00 GMT", kIgnored},
      {"Wed, 29 Feb 1995 08:50:00 GMT", kIgnored},
      {"Sun, 06-Nov-94 08:50:37 GMT", kIgnored},
      {"Sunday, 06-Nov-1994 08:50:37 GMT", kIgnored},
      {"Sun Nov 06 08:50:37 1994 GMT", kIgnored},
      {"Sun Nov  6 08:50:37", kIgnored},
      {"1994-11-06T08:50:00Z", kIgnored},
  };
  for (const Case& c : cases) Check(c, kNow);
}

TEST(ParseRetryAfter, TwoDigitYearsAreNearNow) {
  const base::WallTime end_of_1999{seconds(946'684'790)};  // ten seconds before 2000
  Check({"Saturday, 01-Jan-00 00:00:00 GMT", 10}, end_of_1999);
  Check({"Friday, 31-Dec-99 23:59:59 GMT", 9}, end_of_1999);
  const base::WallTime in_2000{seconds(946'684'800)};
  Check({"Friday, 31-Dec-99 23:59:59 GMT", kIgnored}, in_2000);  // 1999, not 2099
}

TEST(ParseRetryAfter, CountsFromTheBeginningOfTheSecond) {
  Check({"Sun, 06 Nov 1994 08:49:37 GMT", 0}, kNow + std::chrono::milliseconds(999));
  Check({"Sun, 06 Nov 1994 08:49:38 GMT", 1}, kNow + std::chrono::milliseconds(999));
}

TEST(ParseRetryAfter, EveryCutOffDateIsIgnored) {
  for (const std::string date : {"Sun, 06 Nov 1994 08:50:00 GMT", "Sunday, 06-Nov-94 08:50:37 GMT",
                                 "Sun Nov  6 08:50:37 1994"}) {
    for (size_t n = 0; n < date.size(); ++n) {
      EXPECT_EQ(ParseRetryAfter(date.substr(0, n), kNow), std::nullopt) << date.substr(0, n);
    }
  }
}

}  // namespace
}  // namespace carillon::policy
