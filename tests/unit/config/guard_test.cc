// What destinations may reach, and the forward proxy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "fixtures.h"

namespace carillon::config {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string WithGuard(const std::string& guard, const std::string& url) {
  return "guard: {" + guard + "}\ndestinations: [{name: d, url: '" + url + "'}]\n";
}

TEST(Guard, AnAddressThatIsNotAllowedIsAnError) {
  EXPECT_EQ(Refusal(WithGuard("", "http://127.0.0.1/")),
            "destinations[0].url: leads to 127.0.0.1 (127.0.0.0/8, loopback): "
            "allow it by guard.allow_networks");
  EXPECT_EQ(Refusal(WithGuard("", "http://0xa9fea9fe/latest")),
            "destinations[0].url: leads to 169.254.169.254 (169.254.0.0/16, link-local and cloud "
            "metadata): allow it by guard.allow_networks");
  EXPECT_THAT(Refusal(WithGuard("", "http://[::ffff:10.0.0.1]/")), HasSubstr("::ffff:10.0.0.1 ("));
  EXPECT_THAT(Refusal(WithGuard("allow_networks: [10.1.0.0/16]", "http://10.2.0.1/")),
              HasSubstr("10.2.0.1 (10.0.0.0/8, private use)"));
  Parsed(WithGuard("allow_networks: [10.1.0.0/16]", "http://10.1.2.3/"));
  Parsed(WithGuard("allow_networks: ['::1/128']", "http://[::1]/"));
  Parsed(WithGuard("", "http://8.8.8.8/"));
}

TEST(Guard, APortThatIsNotAllowedIsAnError) {
  EXPECT_EQ(Refusal(WithGuard("", "http://h:6379/")),
            "destinations[0].url: leads to port 6379: allow it by guard.allow_ports");
  EXPECT_THAT(Refusal(WithGuard("allow_networks: [127.0.0.1]", "http://127.0.0.1:6379/")),
              HasSubstr("port 6379"));
  EXPECT_EQ(Refusal(WithGuard("", "http://127.0.0.1:9/")),
            "destinations[0].url: leads to 127.0.0.1 (127.0.0.0/8, loopback) and port 9: "
            "allow it by guard.allow_networks and guard.allow_ports");
  Parsed(WithGuard("allow_ports: [6379]", "http://h:6379/"));
  Parsed(WithGuard("allow_ports: [6000-6999]", "http://h:6379/"));
  Parsed(WithGuard("", "https://h:8443/"));
}

TEST(Guard, RulesAreThoseOfTheFile) {
  const Config config = Parsed("guard: {allow_networks: [10.1.0.0/16], allow_ports: ['9000']}");
  EXPECT_TRUE(config.egress.rules.CheckHost("10.1.2.3").ok());
  EXPECT_FALSE(config.egress.rules.CheckHost("10.2.2.3").ok());
  EXPECT_TRUE(config.egress.rules.CheckPort(9000).ok());
  EXPECT_FALSE(config.egress.rules.CheckPort(9001).ok());
  EXPECT_TRUE(Parsed("").egress.rules == guard::Rules());
}

TEST(Guard, PrefixesOfNat64) {
  const std::string inside =
      WithGuard("nat64_prefixes: ['2a00:64::/96']", "http://[2a00:64::a00:1]/");
  EXPECT_EQ(Refusal(inside),
            "destinations[0].url: leads to 2a00:64::a00:1, which carries 10.0.0.1 (10.0.0.0/8, "
            "private use): allow it by guard.allow_networks");
  Parsed(WithGuard("nat64_prefixes: ['2a00:64::/96']", "http://[2a00:64::808:808]/"));
  Parsed(WithGuard("nat64_prefixes: ['fd64::/96']", "http://[fd64::808:808]/"));
  EXPECT_EQ(Refusal("guard: {nat64_prefixes: ['64:ff9b::/96', 'fd00::/95']}"),
            "guard.nat64_prefixes[1]: must be an IPv6 network with a prefix of 32, 40, 48, 56, 64 "
            "or 96 bits (RFC 6052)");
}

TEST(Guard, WrongMembers) {
  EXPECT_EQ(Refusal("guard: {allow_networks: [10.0.0.0/8, localhost]}"),
            "guard.allow_networks[1]: must be an address or a network such as 10.0.0.0/8 or "
            "fd00::/8");
  EXPECT_EQ(Refusal("guard: {allow_networks: [10.1.0.0/8]}"),
            "guard.allow_networks[0]: has bits behind its prefix; the network is 10.0.0.0/8");
  EXPECT_EQ(Refusal("guard: {allow_networks: [10.0.0.0/33]}"),
            "guard.allow_networks[0]: the prefix of an IPv4 network is 0 to 32");
  EXPECT_EQ(Refusal("guard: {allow_ports: [80, 0]}"),
            "guard.allow_ports[1]: must be a port or a range such as 9000 or 9000-9099");
  std::string many = "guard: {allow_ports: [";
  for (int i = 1; i <= 1001; ++i) many += std::to_string(i) + ", ";
  EXPECT_EQ(Refusal(many + "]}"), "guard.allow_ports: must be at most 1000");
}

std::string WithProxy(const std::string& members) { return "proxy: {" + members + "}\n"; }

TEST(Proxy, IsRead) {
  EXPECT_FALSE(Parsed("").egress.proxy);
  const auto plain = Parsed(WithProxy("url: 'http://Proxy.example:3128'")).egress.proxy;
  ASSERT_TRUE(plain);
  EXPECT_TRUE(*plain == (net::Proxy{"proxy.example", 3128, "", {}}));
  // The operator's: the guard has no say.
  EXPECT_EQ(Parsed(WithProxy("url: 'http://10.0.0.1:3128/'")).egress.proxy->host, "10.0.0.1");
}

TEST(Proxy, Credentials) {
  const net::Proxy expected{"p", 80, "carillon", base::Secret("open sesame")};
  const auto with = [](const std::string& secret) {
    return Parsed(WithProxy("url: 'http://p', basic: {user: carillon, " + secret + "}"));
  };
  EXPECT_TRUE(*with("password: open sesame").egress.proxy == expected);
  const auto file = TestFolder() / "password";
  WriteText(file, "open sesame\n");
  EXPECT_TRUE(*with("password: {file: " + file.string() + "}").egress.proxy == expected);
  ::setenv("CARILLON_TEST_PASSWORD", "open sesame", 1);
  EXPECT_TRUE(*with("password: {env: CARILLON_TEST_PASSWORD}").egress.proxy == expected);
  ::unsetenv("CARILLON_TEST_PASSWORD");
}

TEST(Proxy, WrongMembers) {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "proxy.url: must start with http:// or https://"},
      {"url: 'https://p'", "proxy.url: must be http://HOST:PORT"},
      {"url: 'http://p/x'", "proxy.url: must be http://HOST:PORT"},
      {"url: 'http://p?x'", "proxy.url: must be http://HOST:PORT"},
      {"url: 'socks5://p'", "proxy.url: must start with"},
      {"url: 'http://u:sesame@p'", "proxy.url: must not hold credentials: use basic"},
      {"url: 'http://p', basic: {user: u}",
       "proxy.basic.password: needs exactly one of value, file"},
      {"url: 'http://p', basic: {user: u, password: {value: a, env: B}}",
       "proxy.basic.password: must have at most one of"},
      {"url: 'http://p', basic: {password: sesame}", "proxy.basic.user: must be 1-256 bytes"},
      {"url: 'http://p', basic: {user: 'u:v', password: sesame}",
       "proxy.basic.user: must be 1-256"},
      {"url: 'http://p', basic: {user: \"u\\r\\nX\", password: sesame}",
       "proxy.basic.user: must be"},
      {"url: 'http://p', basic: {user: u, password: \"sesame\\n\"}",
       "proxy.basic.password.value: must be 1-4096 bytes without control characters"},
      {"url: 'http://p', basic: {user: u, password: {env: CARILLON_UNSET}}",
       "proxy.basic.password.env: names a variable that is not set"},
      {"url: 'http://p', basic: {user: u, password: {file: /nowhere/at/all}}",
       "proxy.basic.password.file: cannot be opened"},
  };
  for (const auto& [members, error] : wrong) {
    const std::string refusal = Refusal(WithProxy(members));
    EXPECT_THAT(refusal, StartsWith(error)) << members;
    EXPECT_THAT(refusal, Not(HasSubstr("sesame"))) << members;
  }
}

}  // namespace
}  // namespace carillon::config
