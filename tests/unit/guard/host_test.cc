#include "carillon/guard/host.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "carillon/guard/address.h"

namespace carillon::guard {
namespace {

TEST(Host, AName) {
  EXPECT_EQ(*NormalizeHost("Example.COM"), "example.com");
  EXPECT_EQ(*NormalizeHost("example.com."), "example.com");
  EXPECT_EQ(*NormalizeHost("a_b.c-d"), "a_b.c-d");
  EXPECT_EQ(*NormalizeHost("1.2.3.4.example"), "1.2.3.4.example");
  EXPECT_EQ(*NormalizeHost("0x7f.example"), "0x7f.example");
}

TEST(Host, Idn) {
  EXPECT_EQ(*NormalizeHost("b\u00fccher.example"), "xn--bcher-kva.example");
  EXPECT_EQ(*NormalizeHost("B\u00dcCHER.example."), "xn--bcher-kva.example");
  EXPECT_EQ(*NormalizeHost("bu\u0308cher.example"), "xn--bcher-kva.example");
  EXPECT_EQ(*NormalizeHost("fa\u00df.example"), "xn--fa-hia.example");
  EXPECT_EQ(*NormalizeHost("\u4f8b\u3048.\u30c6\u30b9\u30c8"), "xn--r8jz45g.xn--zckzah");
  EXPECT_FALSE(NormalizeHost("\xff.example").ok());
  EXPECT_FALSE(NormalizeHost("a\u202eb.example").ok());
}

// Whoever hides an address behind what looks like digits has written that address.
TEST(Host, DigitsInDisguise) {
  EXPECT_EQ(*NormalizeHost("\uff11\uff12\uff17.\uff10.\uff10.\uff11"), "127.0.0.1");
  EXPECT_EQ(*NormalizeHost("127\u30020\u30020\u30021"), "127.0.0.1");
  EXPECT_EQ(*NormalizeHost("\u2460\u2461\u2466.\u24ea.\u24ea.\u2460"), "127.0.0.1");
  EXPECT_EQ(*NormalizeHost("\u24d4xample.com"), "example.com");
}

// ... and who hides a delimiter has written no host.
TEST(Host, DelimitersInDisguise) {
  for (const char* host : {"a\uff0fb.example", "a\uff1fb.example", "a\uff20b.example",
                           "a\uff1a80.example", "\u2100.example", "a\uff05b.example"}) {
    EXPECT_FALSE(NormalizeHost(host).ok()) << host;
  }
}

// Whatever inet_aton takes becomes what inet_aton makes of it.
TEST(Host, AgreesWithInetAton) {
  std::mt19937 chance(7);
  const auto number = [&](uint32_t value) {
    char text[16];
    const char* forms[] = {"%u", "0%o", "0x%x", "0X%X", "0x0%x", "00%o"};
    std::snprintf(text, sizeof(text), forms[chance() % 6], value);
    return std::string(text);
  };
  int taken = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string host;
    for (uint32_t part = 0, parts = 1 + chance() % 5; part < parts; ++part) {
      if (part > 0) host += ".";
      host += number(chance() >> (chance() % 32));
    }
    in_addr expected{};
    const bool is_address = inet_aton(host.c_str(), &expected) == 1;
    const auto normal = NormalizeHost(host);
    ASSERT_EQ(normal.ok(), is_address) << host;
    if (!is_address) continue;
    ++taken;
    ASSERT_EQ(*normal, Address::V4(ntohl(expected.s_addr)).ToString()) << host;
  }
  EXPECT_GT(taken, 2'000);
}

TEST(Host, Ipv6) {
  EXPECT_EQ(*NormalizeHost("[2001:DB8:0::1]"), "2001:db8::1");
  EXPECT_EQ(*NormalizeHost("[::FFFF:7f00:1]"), "::ffff:127.0.0.1");
  for (const char* host : {"[", "[]", "[::1", "[1.2.3.4]", "[fe80::1%eth0]", "[::1]x", "::1"}) {
    EXPECT_FALSE(NormalizeHost(host).ok()) << host;
  }
}

TEST(Host, ThereIsABound) {
  const std::string label(63, 'a');
  const std::string host = label + "." + label + "." + label + "." + std::string(61, 'b');
  EXPECT_TRUE(NormalizeHost(host).ok());
  EXPECT_TRUE(NormalizeHost(host + ".").ok());
  EXPECT_FALSE(NormalizeHost(host + "b").ok());
  EXPECT_FALSE(NormalizeHost(label + "a").ok());
  EXPECT_FALSE(NormalizeHost("").ok());
  EXPECT_FALSE(NormalizeHost(std::string_view("a\0b", 3)).ok());
}

}  // namespace
}  // namespace carillon::guard
