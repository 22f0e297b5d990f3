#include "dns_refusal.h"

#include <gtest/gtest.h>

namespace carillon::http {
namespace {

std::string Response(char rcode, const std::string& labels, char flags = '\x81') {
  return std::string("\0\1", 2) + flags + rcode + std::string("\0\1\0\0\0\0\0\0", 8) + labels;
}

const std::string kName("\1A\7example\0\0\1\0\1", 14);

TEST(DnsRefusal, SaysWhoAndWhat) {
  const auto refusal = RefusalIn(Response(2, kName));
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->name, "a.example");
  EXPECT_EQ(refusal->code, "SERVFAIL");
  EXPECT_EQ(RefusalIn(Response(4, kName))->code, "NOTIMP");
  EXPECT_EQ(RefusalIn(Response(5, kName))->code, "REFUSED");
}

TEST(DnsRefusal, OtherAnswersAreNone) {
  EXPECT_FALSE(RefusalIn(Response(0, kName)));
  EXPECT_FALSE(RefusalIn(Response(3, kName)));
  EXPECT_FALSE(RefusalIn(Response(2, kName, '\x01'))) << "a question";
}

TEST(DnsRefusal, WhatIsCutOrOddIsNone) {
  const std::string whole = Response(2, kName);
  for (size_t size = 0; size < 23; ++size) {
    EXPECT_FALSE(RefusalIn(std::string_view(whole).substr(0, size))) << size;
  }
  EXPECT_FALSE(RefusalIn(Response(2, std::string("\xC0\x0C\0", 3)))) << "it points elsewhere";
  std::string endless;
  for (int i = 0; i < 300; ++i) endless += std::string("\1a", 2);
  EXPECT_FALSE(RefusalIn(Response(2, endless + '\0')));
  EXPECT_FALSE(RefusalIn(Response(2, std::string("\0", 1)))) << "the root";
}

}  // namespace
}  // namespace carillon::http
