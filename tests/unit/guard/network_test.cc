#include "carillon/guard/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carillon/guard/ports.h"

namespace carillon::guard {
namespace {

TEST(Address, AreWrittenAsTheyAreRead) {
  for (const char* text : {"0.0.0.0", "255.255.255.255", "1.2.3.4", "::", "::1", "2001:db8::1",
                           "::ffff:1.2.3.4", "64:ff9b::102:304", "fe80::1"}) {
    const auto address = ParseAddress(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->ToString(), text);
  }
  EXPECT_EQ(ParseAddress("2001:DB8:0:0::1")->ToString(), "2001:db8::1");
  EXPECT_EQ(Address::V4(0x7f000001).ToString(), "127.0.0.1");
}

TEST(Address, NothingElseIsOne) {
  for (const char* text :
       {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "0x1.2.3.4", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4",
        "[::1]", "::1%lo", "::1%1", "1::2::3", ":::", "12345::", "a.b.c.d", "::ffff:1.2.3"}) {
    EXPECT_FALSE(ParseAddress(text)) << text;
  }
  EXPECT_FALSE(ParseAddress(std::string_view("1.2.3.4\0x", 9)));
}

TEST(Network, ContainsWhatHasItsPrefix) {
  const auto contains = [](const char* network, const char* address) {
    return ParseNetwork(network)->Contains(*ParseAddress(address));
  };
  EXPECT_TRUE(contains("10.0.0.0/8", "10.255.255.255"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(contains("10.1.2.4/30", "10.1.2.7"));
  EXPECT_FALSE(contains("10.1.2.4/30", "10.1.2.8"));
  EXPECT_TRUE(contains("0.0.0.0/0", "255.1.2.3"));
  EXPECT_FALSE(contains("0.0.0.0/0", "::ffff:1.2.3.4"));
  EXPECT_FALSE(contains("::/0", "1.2.3.4"));
  EXPECT_TRUE(contains("fd00::/8", "fdff::1"));
  EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::"));
  EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::"));
  EXPECT_TRUE(contains("::1/128", "::1"));
  EXPECT_FALSE(contains("::1/128", "::2"));
}

TEST(Network, OneAddressIsANetwork) {
  EXPECT_EQ(ParseNetwork("10.1.2.3")->ToString(), "10.1.2.3/32");
  EXPECT_EQ(ParseNetwork("FD00::1")->ToString(), "fd00::1/128");
}

TEST(Network, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "must be an address or a network such as 10.0.0.0/8 or fd00::/8"},
      {"localhost", "must be an address"},
      {"10.0.0.0/", "must be an address"},
      {"10.0.0.0/x", "must be an address"},
      {"10.0.0.0/8x", "must be an address"},
      {"10.0.0.0/-1", "must be an address"},
      {"10.0.0.0/+8", "must be an address"},
      {"10.0.0.0/0008", "must be an address"},
      {"10/8", "must be an address"},
      {"10.0.0.0/255.0.0.0", "must be an address"},
      {"[::1]/128", "must be an address"},
      {"10.0.0.0/33", "the prefix of an IPv4 network is 0 to 32"},
      {"::/129", "the prefix of an IPv6 network is 0 to 128"},
      {"10.1.0.0/8", "has bits behind its prefix; the network is 10.0.0.0/8"},
      {"fd00::1/8", "has bits behind its prefix; the network is fd00::/8"},
  };
  for (const auto& [text, message] : wrong) {
    const auto network = ParseNetwork(text);
    ASSERT_FALSE(network.ok()) << text;
    EXPECT_THAT(std::string(network.status().message()), testing::StartsWith(message)) << text;
  }
}

TEST(Ports, OneOrARange) {
  EXPECT_EQ(*ParsePorts("1"), (PortRange{1, 1}));
  EXPECT_EQ(*ParsePorts("65535"), (PortRange{65535, 65535}));
  EXPECT_EQ(*ParsePorts("9000-9099"), (PortRange{9000, 9099}));
  EXPECT_EQ(*ParsePorts("9-9"), (PortRange{9, 9}));
  for (const char* text : {"", "0", "65536", "-", "1-", "-1", "2-1", "0-9", "1-65536", "a", "1 ",
                           "1-2-3", "+1", "0x50", "000080"}) {
    EXPECT_FALSE(ParsePorts(text).ok()) << text;
  }
}

TEST(Network, Nat64PrefixesHaveTheLengthsOfTheRfc) {
  for (const char* good : {"64:ff9b::/96", "2001:db8::/32", "2001:db8:100::/40", "fd00::/48",
                           "fd00:0:0:300::/56", "fd00::/64"}) {
    EXPECT_TRUE(ParseNat64Prefix(good).ok()) << good;
  }
  for (const char* bad : {"10.0.0.0/32", "fd00::/33", "fd00::/0", "fd00::/72", "fd00::1", ""}) {
    EXPECT_FALSE(ParseNat64Prefix(bad).ok()) << bad;
  }
  EXPECT_EQ(ParseNat64Prefix("fd00:0:0:0:100::/96").status().message(),
            "must have zeros in its bits 64 to 71 (RFC 6052)");
  EXPECT_TRUE(ParseNat64Prefix("fd00:0:0:0:ff:ffff::/96").ok());
}

}  // namespace
}  // namespace carillon::guard
