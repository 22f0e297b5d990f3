#include "forwarded_for.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace carillon::connect {
namespace {

std::string From(const std::string& peer, const std::vector<std::string>& fields,
                 const std::vector<std::string>& trusted = {"10.0.0.0/8", "2001:db8::/32"}) {
  web::Request request;
  request.peer = peer;
  request.headers.Add("Forwarded", "for=198.51.100.1");
  for (const std::string& field : fields) request.headers.Add("x-forwarded-For", field);
  TrustedProxies proxies;
  for (const std::string& text : trusted) proxies.push_back(*guard::ParseNetwork(text));
  return ClientAddress(request, proxies);
}

TEST(ForwardedFor, OnlyATrustedPeerIsBelieved) {
  EXPECT_EQ(From("10.0.0.1", {"192.0.2.7"}), "192.0.2.7");
  EXPECT_EQ(From("192.0.2.1", {"192.0.2.7"}), "192.0.2.1");
  EXPECT_EQ(From("10.0.0.1", {"192.0.2.7"}, {}), "10.0.0.1");
  EXPECT_EQ(From("::ffff:10.0.0.1", {"192.0.2.7"}), "192.0.2.7");
  EXPECT_EQ(From("2001:db8::1", {"192.0.2.7"}), "192.0.2.7");
  EXPECT_EQ(From("", {"192.0.2.7"}), "");
}

TEST(ForwardedFor, TheRightmostThatIsNoProxyCounts) {
  EXPECT_EQ(From("10.0.0.1", {"6.6.6.6, 192.0.2.7,10.0.0.2"}), "192.0.2.7");
  EXPECT_EQ(From("10.0.0.1", {"6.6.6.6", "192.0.2.7", "10.0.0.3 , 10.0.0.2"}), "192.0.2.7");
  EXPECT_EQ(From("10.0.0.1", {"10.0.0.9, 10.0.0.2"}), "10.0.0.9") << "all are proxies";
  EXPECT_EQ(From("10.0.0.1", {}), "10.0.0.1");
  EXPECT_EQ(From("10.0.0.1", {""}), "10.0.0.1");
}

TEST(ForwardedFor, WhatIsNoAddressEndsIt) {
  EXPECT_EQ(From("10.0.0.1", {"192.0.2.7, unknown"}), "10.0.0.1");
  EXPECT_EQ(From("10.0.0.1", {"192.0.2.7, nonsense, 10.0.0.2"}), "10.0.0.2");
  EXPECT_EQ(From("10.0.0.1", {"192.0.2.7,"}), "10.0.0.1");
  EXPECT_EQ(From("10.0.0.1", {"[2001:db8::7"}), "10.0.0.1");
}

TEST(ForwardedFor, AddressesMayHavePortsAndBrackets) {
  EXPECT_EQ(From("10.0.0.1", {"192.0.2.7:4711"}), "192.0.2.7");
  EXPECT_EQ(From("10.0.0.1", {"[2001:db9::7]:4711"}), "2001:db9::7");
  EXPECT_EQ(From("10.0.0.1", {"[2001:db9::7]"}), "2001:db9::7");
  EXPECT_EQ(From("10.0.0.1", {"2001:DB9:0::7"}), "2001:db9::7");
  EXPECT_EQ(From("10.0.0.1", {"::ffff:192.0.2.7"}), "192.0.2.7");
}

TEST(ForwardedFor, SoManyHopsAreLookedAt) {
  std::string hops = "192.0.2.7";
  for (size_t i = 0; i < kMaxHops; ++i) hops += ", 10.0.0.2";
  EXPECT_EQ(From("10.0.0.1", {hops}), "10.0.0.2");
}

}  // namespace
}  // namespace carillon::connect
