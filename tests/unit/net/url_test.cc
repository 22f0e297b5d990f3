#include "carillon/net/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carillon::net {
namespace {

struct Good {
  std::string text;
  bool tls;
  std::string host;
  uint16_t port;
  std::string target;
  std::string host_header;
};

class GoodUrl : public testing::TestWithParam<Good> {};

TEST_P(GoodUrl, IsTakenApart) {
  const Good& expected = GetParam();
  const auto url = ParseUrl(expected.text);
  ASSERT_TRUE(url.ok()) << expected.text << ": " << url.status();
  EXPECT_EQ(url->tls, expected.tls);
  EXPECT_EQ(url->host, expected.host);
  EXPECT_EQ(url->port, expected.port);
  EXPECT_EQ(url->target, expected.target);
  EXPECT_EQ(url->HostHeader(), expected.host_header);
}

const std::string kLabel63(63, 'a');
const std::string kHost253 =
    kLabel63 + "." + kLabel63 + "." + kLabel63 + "." + std::string(61, 'b');

INSTANTIATE_TEST_SUITE_P(
    Table, GoodUrl,
    testing::Values(
        Good{"http://a", false, "a", 80, "/", "a"}, Good{"https://a", true, "a", 443, "/", "a"},
        Good{"http://a/", false, "a", 80, "/", "a"}, Good{"HTTP://A/B", false, "a", 80, "/B", "a"},
        Good{"hTtPs://Example.COM/Path", true, "example.com", 443, "/Path", "example.com"},
        Good{"http://a:/", false, "a", 80, "/", "a"}, Good{"https://a:", true, "a", 443, "/", "a"},
        Good{"http://a:?q", false, "a", 80, "/?q", "a"},
        Good{"http://[::1]:/", false, "::1", 80, "/", "[::1]"},
        Good{"http://a:80/", false, "a", 80, "/", "a"},
        Good{"https://a:443/", true, "a", 443, "/", "a"},
        Good{"https://a:80/", true, "a", 80, "/", "a:80"},
        Good{"http://a:443/", false, "a", 443, "/", "a:443"},
        Good{"http://a:1/", false, "a", 1, "/", "a:1"},
        Good{"http://a:65535/", false, "a", 65535, "/", "a:65535"},
        Good{"http://a:08080", false, "a", 8080, "/", "a:8080"},
        Good{"http://a?q=1", false, "a", 80, "/?q=1", "a"},
        Good{"http://a:81?q", false, "a", 81, "/?q", "a:81"},
        Good{"http://a?", false, "a", 80, "/?", "a"}, Good{"http://a#f", false, "a", 80, "/", "a"},
        Good{"http://a/p?q=/x?y#f#g", false, "a", 80, "/p?q=/x?y", "a"},
        Good{"http://a/#", false, "a", 80, "/", "a"},
        Good{"http://a/%20%C3%A9", false, "a", 80, "/%20%C3%A9", "a"},
        Good{"http://a//b/../c", false, "a", 80, "//b/../c", "a"},
        Good{"http://a/@b", false, "a", 80, "/@b", "a"},
        Good{"http://a/x:9", false, "a", 80, "/x:9", "a"},
        Good{"http://a/b?u=http://c@d", false, "a", 80, "/b?u=http://c@d", "a"},
        Good{"http://example.com./", false, "example.com", 80, "/", "example.com"},
        Good{"http://xn--bcher-kva.example/", false, "xn--bcher-kva.example", 80, "/",
             "xn--bcher-kva.example"},
        Good{"http://B\u00dccher.example:81/%", false, "xn--bcher-kva.example", 81, "/%",
             "xn--bcher-kva.example:81"},
        Good{"http://0x7f.1/", false, "127.0.0.1", 80, "/", "127.0.0.1"},
        Good{"http://a_b.c-d/", false, "a_b.c-d", 80, "/", "a_b.c-d"},
        Good{"http://127.0.0.1:8080/x", false, "127.0.0.1", 8080, "/x", "127.0.0.1:8080"},
        Good{"http://1.2.3.4.example/", false, "1.2.3.4.example", 80, "/", "1.2.3.4.example"},
        Good{"http://[::1]/", false, "::1", 80, "/", "[::1]"},
        Good{"https://[2001:DB8:0:0::1]:8443/p", true, "2001:db8::1", 8443, "/p",
             "[2001:db8::1]:8443"},
        Good{"http://[::ffff:1.2.3.4]?q", false, "::ffff:1.2.3.4", 80, "/?q", "[::ffff:1.2.3.4]"},
        Good{"http://" + kHost253 + "/", false, kHost253, 80, "/", kHost253},
        Good{"http://a/" + std::string(2039, 'p'), false, "a", 80, "/" + std::string(2039, 'p'),
             "a"}));

struct Bad {
  std::string text;
  std::string message;
};

class BadUrl : public testing::TestWithParam<Bad> {};

TEST_P(BadUrl, IsRefused) {
  const auto url = ParseUrl(GetParam().text);
  ASSERT_FALSE(url.ok()) << GetParam().text;
  EXPECT_EQ(url.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(url.status().message()), testing::HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadUrl,
    testing::Values(
        Bad{"", "must start with http:// or https://"}, Bad{"a", "must start with"},
        Bad{"/path", "must start with"}, Bad{"//a/", "must start with"},
        Bad{"ftp://a/", "must start with"}, Bad{"file:///etc/passwd", "must start with"},
        Bad{"http:/a", "must start with"}, Bad{"http:a", "must start with"},
        Bad{"httpss://a", "must start with"}, Bad{"javascript:alert(1)", "must start with"},
        Bad{"http://", "has no host"}, Bad{"http:///p", "has no host"},
        Bad{"http://?q", "has no host"}, Bad{"http://:80/", "has no host"},
        Bad{"http://#f", "has no host"}, Bad{"http://./", "bad host name"},
        Bad{"http://a..b/", "bad host name"}, Bad{"http://.a/", "bad host name"},
        Bad{"http://a../", "bad host name"}, Bad{"http://a%2eb/", "bad host name"},
        Bad{"http://a,b/", "bad host name"}, Bad{"http://a'b/", "bad host name"},
        Bad{"http://<a>/", "bad host name"}, Bad{"http://" + kLabel63 + "a/", "bad host name"},
        Bad{"http://" + kHost253 + "b/", "longer than 253"},
        Bad{"http://u@a/", "user name or password"}, Bad{"http://u:p@a/", "user name or password"},
        Bad{"http://@a/", "user name or password"}, Bad{"http://a:80@b/", "user name or password"},
        Bad{"http://a:0/", "bad port"}, Bad{"http://a:65536/", "bad port"},
        Bad{"http://a:99999999999/", "bad port"}, Bad{"http://a:-1/", "bad port"},
        Bad{"http://a:+1/", "bad port"}, Bad{"http://a:8x/", "bad port"},
        Bad{"http://a:0x50/", "bad port"}, Bad{"http://a:80:81/", "bad port"},
        Bad{"http://::1/", "has no host"}, Bad{"http://a b/", "spaces or control"},
        Bad{" http://a/", "spaces or control"}, Bad{"http://a/ ", "spaces or control"},
        Bad{"http://a/\r\nX: y", "spaces or control"}, Bad{"http://a/\t", "spaces or control"},
        Bad{"http://a/\x7f", "spaces or control"},
        Bad{std::string("http://a/\0b", 11), "spaces or control"},
        Bad{"http:\\\\a\\b", "backslash"}, Bad{"http://a\\@b/", "backslash"},
        Bad{"http://a/\xC3\xA9", "must be ASCII behind the host"},
        Bad{"http://a?\xC3\xA9", "must be ASCII"},
        Bad{"http://\xF0\x9F\x98\x80.example/", "such as emoji: write it in punycode"},
        Bad{"http://i\xE2\x9D\xA4.ws/", "such as emoji: write it in punycode"},
        Bad{"http://\xC3/", "punycode (xn--)"}, Bad{"http://[::1/", "without its ']'"},
        Bad{"http://[]/", "bad IPv6"}, Bad{"http://[1.2.3.4]/", "bad IPv6"},
        Bad{"http://[fe80::1%25eth0]/", "bad IPv6"}, Bad{"http://[::1]x/", "bad host name"},
        Bad{"http://[::1]:0/", "bad port"}, Bad{"http://[::g]/", "bad IPv6"},
        Bad{"http://127.16777216/", "bad IPv4"}, Bad{"http://4294967296/", "bad IPv4"},
        Bad{"http://0x1ff.0.0.1/", "bad IPv4"}, Bad{"http://a.0x7f/", "bad IPv4"},
        Bad{"http://1.2.3.256/", "bad IPv4"}, Bad{"http://1.2.3.4.5/", "bad IPv4"},
        Bad{"http://a/" + std::string(2040, 'p'), "longer than 2048"}));

}  // namespace
}  // namespace carillon::net
