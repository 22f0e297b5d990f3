#include "carillon/guard/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carillon::guard {
namespace {

std::string Refusal(const Rules& rules, const std::string& address) {
  return std::string(rules.CheckAddress(*ParseAddress(address)).message());
}

Rules Allowing(std::initializer_list<const char*> networks) {
  Rules rules;
  for (const char* network : networks) rules.Allow(*ParseNetwork(network));
  return rules;
}

TEST(Rules, SayWhichRangeAndWhy) {
  const Rules rules;
  EXPECT_EQ(Refusal(rules, "10.1.2.3"), "10.1.2.3 (10.0.0.0/8, private use)");
  EXPECT_EQ(Refusal(rules, "169.254.169.254"),
            "169.254.169.254 (169.254.0.0/16, link-local and cloud metadata)");
  EXPECT_EQ(Refusal(rules, "168.63.129.16"),
            "168.63.129.16 (168.63.129.16/32, the platform of a cloud)");
  EXPECT_EQ(Refusal(rules, "168.63.129.17"), "");
  EXPECT_EQ(Refusal(rules, "::1"), "::1 (::1/128, loopback)");
  EXPECT_EQ(Refusal(rules, "4000::1"), "4000::1 (not in 2000::/3, the public unicast addresses)");
  EXPECT_EQ(Refusal(rules, "2606:4700::1"), "");
}

TEST(Rules, WhatIsCarriedMustPassToo) {
  const Rules rules = Allowing({"64:ff9b::/96", "2002::/16", "2001::/32", "::ffff:0:0/96"});
  EXPECT_EQ(Refusal(rules, "64:ff9b::808:808"), "");
  EXPECT_EQ(Refusal(rules, "64:ff9b::a00:1"),
            "64:ff9b::a00:1, which carries 10.0.0.1 (10.0.0.0/8, private use)");
  EXPECT_EQ(Refusal(rules, "::ffff:8.8.8.8"), "");
  EXPECT_THAT(Refusal(rules, "::ffff:127.0.0.1"), testing::HasSubstr("127.0.0.1 (127.0.0.0/8"));
  EXPECT_EQ(Refusal(rules, "2002:808:808::1"), "");
  EXPECT_THAT(Refusal(rules, "2002:7f00:1::1"), testing::HasSubstr("carries 127.0.0.1"));
  EXPECT_EQ(Refusal(rules, "2001:0:808:808::f7f7:f7f7"), "");
  EXPECT_THAT(Refusal(rules, "2001:0:a00:1::f7f7:f7f7"), testing::HasSubstr("carries 10.0.0.1"));
  EXPECT_THAT(Refusal(rules, "2001:0:808:808::f5ff:fffe"), testing::HasSubstr("carries 10.0.0.1"));
}

TEST(Rules, TheRuleIsThatOfTheAddressWhichIsRefused) {
  const Rules rules = Allowing({"64:ff9b::/96"});
  EXPECT_EQ(rules.FindRefusal(*ParseAddress("10.1.2.3"))->rule, "10.0.0.0/8, private use");
  EXPECT_EQ(rules.FindRefusal(*ParseAddress("64:ff9b::a00:1"))->rule, "10.0.0.0/8, private use");
  EXPECT_FALSE(rules.FindRefusal(*ParseAddress("64:ff9b::808:808")));
}

// Allowing an IPv4 range does not open the ways round that lead into it.
TEST(Rules, AnInnerAddressThatIsAllowedIsNotEnough) {
  const Rules rules = Allowing({"127.0.0.0/8"});
  EXPECT_EQ(Refusal(rules, "127.0.0.1"), "");
  EXPECT_EQ(Refusal(rules, "::ffff:127.0.0.1"), "::ffff:127.0.0.1 (::ffff:0:0/96, IPv4-mapped)");
}

TEST(Rules, ThePrefixOfALocalNat64TellsWhereTheAddressStands) {
  EXPECT_EQ(Refusal(Allowing({"64:ff9b:1::/96"}), "64:ff9b:1::808:808"), "");
  EXPECT_THAT(Refusal(Allowing({"64:ff9b:1::/96"}), "64:ff9b:1::a00:1"),
              testing::HasSubstr("carries 10.0.0.1"));
  EXPECT_EQ(Refusal(Allowing({"64:ff9b:1::/48"}), "64:ff9b:1:808:8:800::"), "");
  EXPECT_THAT(Refusal(Allowing({"64:ff9b:1::/48"}), "64:ff9b:1:a00:0:100:808:808"),
              testing::HasSubstr("carries 10.0.0.1"));
  EXPECT_EQ(Refusal(Allowing({"64:ff9b:1:ab00::/56"}), "64:ff9b:1:ab08:8:808::"), "");
  EXPECT_EQ(Refusal(Allowing({"64:ff9b:1:abcd::/64"}), "64:ff9b:1:abcd:8:808:800::"), "");
  EXPECT_THAT(Refusal(Allowing({"64:ff9b:1:abcd::/64"}), "64:ff9b:1:abcd:a:0:100::"),
              testing::HasSubstr("carries 10.0.0.1"));
}

// RFC 6052, 2.4: how 192.0.2.33 is written under a prefix of each length.
struct TranslatedAddress {
  const char* prefix;
  const char* address;
  const char* public_one;  // 8.8.8.8 under the same prefix
};
constexpr TranslatedAddress kRfc6052[] = {
    {"2001:db8::/32", "2001:db8:c000:221::", "2001:db8:808:808::"},
    {"2001:db8:100::/40", "2001:db8:1c0:2:21::", "2001:db8:108:808:8::"},
    {"2001:db8:122::/48", "2001:db8:122:c000:2:2100::", "2001:db8:122:808:8:800::"},
    {"2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::", "2001:db8:122:308:8:808::"},
    {"2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::", "2001:db8:122:344:8:808:800::"},
    {"2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33", "2001:db8:122:344::8.8.8.8"},
};

Rules Translating(std::initializer_list<const char*> prefixes) {
  Rules rules;
  for (const char* prefix : prefixes) rules.AddNat64(*ParseNat64Prefix(prefix));
  return rules;
}

TEST(Rules, ANat64PrefixIsJudgedByWhatIsInside) {
  for (const auto& [prefix, address, public_one] : kRfc6052) {
    const Rules rules = Translating({prefix});
    EXPECT_THAT(Refusal(rules, address),
                testing::EndsWith(", which carries 192.0.2.33 (192.0.2.0/24, documentation)"));
    EXPECT_EQ(Refusal(rules, public_one), "");
  }
}

TEST(Rules, APublicPrefixLeadsNowhereInside) {
  EXPECT_EQ(Refusal(Rules(), "2a00:64::10.0.0.1"), "");  // nobody said that it is a translator's
  const Rules rules = Translating({"2a00:64::/96"});
  for (const char* inner : {"10.0.0.1", "127.0.0.1", "169.254.169.254", "0.0.0.0"}) {
    EXPECT_THAT(Refusal(rules, std::string("2a00:64::") + inner),
                testing::HasSubstr(std::string("carries ") + inner));
  }
  EXPECT_EQ(Refusal(rules, "2a00:64::8.8.8.8"), "");
  EXPECT_EQ(Refusal(rules, "2a00:65::10.0.0.1"), "");
}

TEST(Rules, WhatIsInsideDecidesAlone) {
  Rules rules = Translating({"fd64::/96", "64:ff9b::/96", "64:ff9b:1::/48"});
  rules.Allow(*ParseNetwork("fd00::/8"));
  EXPECT_NE(Refusal(rules, "fd64::a00:1"), "");
  EXPECT_EQ(Refusal(rules, "fd65::a00:1"), "");
  EXPECT_EQ(Refusal(rules, "fd64::808:808"), "");
  EXPECT_EQ(Refusal(rules, "64:ff9b::808:808"), "");
  EXPECT_NE(Refusal(rules, "64:ff9b::a00:1"), "");
  EXPECT_EQ(Refusal(rules, "64:ff9b:1:808:8:800::"), "");
  EXPECT_NE(Refusal(rules, "64:ff9b:1:a00:0:100::"), "");
  rules.Allow(*ParseNetwork("10.0.0.0/8"));
  EXPECT_EQ(Refusal(rules, "fd64::a00:1"), "");
}

TEST(Rules, OverlappingPrefixesMustAllPass) {
  const Rules rules = Translating({"2a00:64::/32", "2a00:64:808:808::/96", "2a00:64::/96"});
  EXPECT_NE(Refusal(rules, "2a00:64:808:808::10.0.0.1"), "");
  EXPECT_NE(Refusal(rules, "2a00:64::8.8.8.8"), "");  // 0.0.0.0 under the shorter one
}

TEST(Rules, AllowingEveryIpv6AddressAllowsNoIpv4) {
  const Rules rules = Allowing({"::/0"});
  EXPECT_EQ(Refusal(rules, "::1"), "");
  EXPECT_EQ(Refusal(rules, "fe80::1"), "");
  EXPECT_NE(Refusal(rules, "10.0.0.1"), "");
  EXPECT_NE(Refusal(rules, "::ffff:10.0.0.1"), "");
}

TEST(Rules, Ports) {
  Rules rules;
  for (const uint16_t port : {80, 443, 8080, 8443}) EXPECT_TRUE(rules.CheckPort(port).ok()) << port;
  for (const uint16_t port : {0, 22, 25, 79, 81, 444, 6379, 8081, 65535}) {
    EXPECT_EQ(rules.CheckPort(port).message(), "port " + std::to_string(port));
  }
  rules.Allow(PortRange{9000, 9001});
  EXPECT_TRUE(rules.CheckPort(9000).ok());
  EXPECT_TRUE(rules.CheckPort(9001).ok());
  EXPECT_FALSE(rules.CheckPort(9002).ok());
  EXPECT_TRUE(rules.CheckPort(443).ok());
}

TEST(Rules, NamesPassUntilTheyAreResolved) {
  EXPECT_TRUE(Rules().CheckHost("localhost").ok());
  EXPECT_TRUE(Rules().CheckHost("10.0.0.1.example").ok());
  EXPECT_FALSE(Rules().CheckHost("10.0.0.1").ok());
  EXPECT_FALSE(Rules().CheckHost("::1").ok());
}

TEST(Rules, Unrestricted) {
  const Rules rules = Rules::Unrestricted();
  for (const char* a : {"127.0.0.1", "::1", "::ffff:10.0.0.1", "64:ff9b:1::1", "255.255.255.255"}) {
    EXPECT_EQ(Refusal(rules, a), "");
  }
  EXPECT_TRUE(rules.CheckPort(1).ok());
}

}  // namespace
}  // namespace carillon::guard
