// How a destination's requests are authorized, and what its TLS needs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "certificates.h"
#include "file.h"
#include "fixtures.h"

namespace carillon::config {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string WithAuthorization(const std::string& members, const std::string& more = "") {
  return WithDestination("authorization: {" + members + "}" + more);
}

std::string WithTls(const std::string& members, const std::string& url = "https://h/") {
  return "destinations: [{name: d, url: '" + url + "', tls: {" + members + "}}]\n";
}

model::Destination Only(const std::string& yaml) {
  const Config config = Parsed(yaml);
  return config.destinations.empty() ? model::Destination() : config.destinations[0];
}

/// A PEM text as a YAML double-quoted scalar.
std::string Quoted(std::string text) {
  for (size_t at = 0; (at = text.find('\n', at)) != text.npos; at += 2) text.replace(at, 1, "\\n");
  return "\"" + text + "\"";
}

TEST(Authorization, Basic) {
  const auto folder = TestFolder();
  WriteText(folder / "password", "p:w\n");
  const auto d = Only(WithAuthorization("basic: {user: me, password: {file: '" +
                                        (folder / "password").string() + "'}}"));
  const auto& basic = std::get<model::BasicAuthorization>(d.authorization);
  EXPECT_EQ(basic.user, "me");
  EXPECT_EQ(basic.password.Reveal(), "p:w");
  const std::string place = "destinations[0].authorization.basic";
  EXPECT_EQ(Refusal(WithAuthorization("basic: {user: me}")),
            place + ".password: needs exactly one of value, file, env");
  for (const char* user : {"''", "'a:b'", "\"a\\nb\""}) {
    EXPECT_THAT(Refusal(WithAuthorization(std::string("basic: {password: x, user: ") + user + "}")),
                StartsWith(place + ".user: must be 1-256 bytes"));
  }
  EXPECT_THAT(
      Refusal(WithAuthorization("basic: {user: a, password: \"p\\rq\"}")),
      StartsWith(place + ".password.value: must be 1-4096 bytes without control characters"));
}

TEST(Authorization, Bearer) {
  ::setenv("CARILLON_TEST_TOKEN", "abc.def", 1);
  const auto d = Only(WithAuthorization("bearer: {token: {env: CARILLON_TEST_TOKEN}}"));
  EXPECT_EQ(std::get<model::BearerAuthorization>(d.authorization).token.Reveal(), "abc.def");
  ::setenv("CARILLON_TEST_TOKEN", "abc def", 1);
  EXPECT_EQ(Refusal(WithAuthorization("bearer: {token: {env: CARILLON_TEST_TOKEN}}")),
            "destinations[0].authorization.bearer.token.env: must be 1-8192 visible ASCII "
            "characters");
  ::unsetenv("CARILLON_TEST_TOKEN");
  const std::string most(8192, 't');
  EXPECT_EQ(Refusal(WithAuthorization("bearer: {token: " + most + "}")), "");
  EXPECT_NE(Refusal(WithAuthorization("bearer: {token: " + most + "t}")), "");
  const auto file = TestFolder() / "token";
  WriteText(file, std::string(8000, 't') + "\n");
  EXPECT_EQ(Refusal(WithAuthorization("bearer: {token: {file: '" + file.string() + "'}}")), "");
}

constexpr char kOAuth2[] = "token_url: 'https://t/token', client_id: c, client_secret: s";

std::string OAuth2(const std::string& members) { return "oauth2: {" + members + "}"; }

TEST(Authorization, OAuth2) {
  auto d = Only(WithAuthorization(OAuth2(kOAuth2)));
  auto oauth2 = *model::OAuth2Of(d.authorization);
  EXPECT_EQ(oauth2.token_url, "https://t/token");
  EXPECT_EQ(oauth2.client_id, "c");
  EXPECT_EQ(oauth2.client_secret.Reveal(), "s");
  EXPECT_EQ(oauth2.client_authentication, model::ClientAuthentication::kBasic);
  EXPECT_EQ(oauth2.scope, "");
  EXPECT_TRUE(oauth2.tls == model::TlsSettings());
  d = Only(WithAuthorization(
      OAuth2(kOAuth2 + std::string(", client_authentication: body, scope: a b, audience: 'x://y', "
                                   "tls: {insecure_skip_verify: true}"))));
  oauth2 = *model::OAuth2Of(d.authorization);
  EXPECT_EQ(oauth2.client_authentication, model::ClientAuthentication::kBody);
  EXPECT_EQ(oauth2.scope, "a b");
  EXPECT_EQ(oauth2.audience, "x://y");
  EXPECT_FALSE(oauth2.tls.verify);
  EXPECT_TRUE(d.tls.verify);
}

TEST(Authorization, WrongOAuth2) {
  const std::string place = "destinations[0].authorization.oauth2";
  const auto refusal = [](const std::string& members) {
    return Refusal(WithAuthorization(OAuth2(members)));
  };
  EXPECT_THAT(refusal("client_id: c, client_secret: s"), StartsWith(place + ".token_url: "));
  EXPECT_THAT(refusal("token_url: 'ftp://t', client_id: c, client_secret: s"),
              StartsWith(place + ".token_url: must start with http:// or https://"));
  EXPECT_THAT(refusal("token_url: 'http://t', client_secret: s"),
              StartsWith(place + ".client_id: "));
  EXPECT_THAT(refusal("token_url: 'http://t', client_id: c"),
              StartsWith(place + ".client_secret: needs exactly one of value, "));
  EXPECT_THAT(refusal(kOAuth2 + std::string(", scope: \"a\\nb\"")),
              StartsWith(place + ".scope: must be at most 1024 printable"));
  EXPECT_THAT(refusal(kOAuth2 + std::string(", audience: \"a\\0b\"")),
              StartsWith(place + ".audience: "));
  EXPECT_EQ(refusal("token_url: 'http://t', client_id: c, client_secret: s, tls: "
                    "{insecure_skip_verify: true}"),
            place + ".tls: needs an https:// URL");
}

TEST(Authorization, TheGuardHoldsForTokenServersToo) {
  const std::string yaml = WithAuthorization(
      OAuth2("token_url: 'http://10.1.2.3:9000/token', client_id: c, client_secret: s"));
  EXPECT_EQ(
      Refusal(yaml),
      "destinations[0].authorization.oauth2.token_url: leads to 10.1.2.3 (10.0.0.0/8, private "
      "use) and port 9000: allow it by guard.allow_networks and guard.allow_ports");
  EXPECT_EQ(Refusal("guard: {allow_networks: [10.1.2.3], allow_ports: [9000]}\n" + yaml), "");
}

TEST(Authorization, ExactlyOneKind) {
  const char* error = "destinations[0].authorization: needs exactly one of basic, bearer, oauth2";
  EXPECT_EQ(Refusal(WithAuthorization("")), error);
  EXPECT_EQ(Refusal(WithAuthorization("bearer: {token: t}, basic: {user: u, password: s}")),
            "destinations[0].authorization: must have at most one of basic, bearer, oauth2");
}

TEST(Authorization, TheHeaderHasOneSource) {
  const std::string bearer = "bearer: {token: t}";
  EXPECT_EQ(
      Refusal(WithAuthorization(bearer, ", headers: [{name: authoriZation, value: v}]")),
      "destinations[0].authorization: sets the header Authorization, which is one of headers");
  EXPECT_EQ(Refusal(WithAuthorization(bearer, std::string(", keys: [{name: k, secret: ") + kSecret +
                                                  "}], signature: {header: Authorization}")),
            "destinations[0].authorization: sets the header Authorization, which is the "
            "signature's");
  EXPECT_EQ(Refusal(WithAuthorization(bearer, ", headers: [{name: X-A, value: v}]")), "");
}

TEST(Authorization, NoErrorRepeatsASecret) {
  const std::string secret = "hunter2hunter2";
  for (const std::string& members :
       {"bearer: " + secret, "bearer: {" + secret + "}", "bearer: {" + secret + ": x}",
        "bearer: {token: [" + secret + "]}", "bearer: {token: '" + secret + " x'}",
        "bearer: {token: {file: " + secret + "}}", "bearer: {token: {env: " + secret + "}}",
        "bearer: {token: {" + secret + "}}",
        "basic: {user: '" + secret + ":x', password: \"" + secret + "\\n\"}",
        OAuth2("token_url: '" + secret + "', client_id: \"" + secret + "\\n\", client_secret: \"" +
               secret + "\\n\""),
        "Bearer " + secret}) {
    const std::string refusal = Refusal(WithAuthorization(members));
    EXPECT_NE(refusal, "") << members;
    EXPECT_THAT(refusal, Not(HasSubstr(secret.substr(0, 6)))) << members;
  }
  const std::string refusal = Refusal(WithDestination("authorization: Bearer " + secret));
  EXPECT_THAT(refusal, Not(HasSubstr(secret)));
}

class Tls : public testing::Test {
 protected:
  Tls() : folder_(TestFolder()), client_(ca_.Client("me")) {
    WriteText(folder_ / "ca.pem", ca_.Pem());
    WriteText(folder_ / "client.pem", client_.certificate + ca_.Pem());
    WriteText(folder_ / "client.key", client_.key);
    WriteText(folder_ / "other.key", ca_.Client("other").key);
    WriteText(folder_ / "none.pem", "nothing of the kind\n");
  }
  /// `member: {file: 'path in the folder'}`.
  std::string In(const std::string& member, const std::string& file) const {
    return member + ": {file: '" + (folder_ / file).string() + "'}";
  }

  const std::filesystem::path folder_;
  const http::TestCa ca_;
  const http::PemPair client_;
};

TEST_F(Tls, Files) {
  const auto d =
      Only(WithTls(In("ca_bundle", "ca.pem") + ", " + In("client_certificate", "client.pem") +
                   ", " + In("client_key", "client.key")));
  EXPECT_EQ(d.tls.ca_bundle, ca_.Pem());
  EXPECT_EQ(d.tls.client_certificate, client_.certificate + ca_.Pem());
  EXPECT_THAT(std::string(d.tls.client_key.Reveal()), StartsWith("-----BEGIN PRIVATE KEY-----\n"));
  EXPECT_TRUE(d.tls.verify);
  EXPECT_TRUE(Only(WithDestination("")).tls == model::TlsSettings());
}

TEST_F(Tls, Inline) {
  const auto d = Only(WithTls("ca_bundle: " + Quoted(ca_.Pem()) +
                              ", client_certificate: " + Quoted(client_.certificate) +
                              ", client_key: " + Quoted(client_.key)));
  EXPECT_EQ(d.tls.ca_bundle, ca_.Pem());
  EXPECT_EQ(d.tls.client_certificate, client_.certificate);
  ::setenv("CARILLON_TEST_KEY", client_.key.c_str(), 1);
  EXPECT_EQ(Only(WithTls("client_certificate: " + Quoted(client_.certificate) +
                         ", client_key: {env: CARILLON_TEST_KEY}"))
                .tls.client_key.Reveal(),
            client_.key.substr(0, client_.key.find_last_not_of('\n') + 1));  // as from a file
  ::unsetenv("CARILLON_TEST_KEY");
}

// Thousands of destinations may name one bundle: it is in memory once.
TEST_F(Tls, EqualTextsAreOneInMemory) {
  WriteText(folder_ / "copy.pem", ca_.Pem());
  std::string yaml = "destinations:\n";
  auto add = [&, count = 0](const std::string& tls) mutable {
    yaml += "- {name: d" + std::to_string(count++) + ", url: 'https://h/', tls: {" + tls + "}}\n";
  };
  add(In("ca_bundle", "ca.pem"));
  add(In("ca_bundle", "ca.pem") + ", " + In("client_certificate", "client.pem") + ", " +
      In("client_key", "client.key"));
  add(In("ca_bundle", "copy.pem") + ", " + In("client_certificate", "client.pem") + ", " +
      In("client_key", "client.key"));
  add("ca_bundle: " + Quoted(ca_.Pem()));
  add(In("ca_bundle", "client.pem"));
  const auto to = Parsed(yaml).destinations;
  ASSERT_EQ(to.size(), 5u);
  for (const size_t i : {1, 2, 3}) {
    EXPECT_TRUE(to[i].tls.ca_bundle.shares(to[0].tls.ca_bundle)) << i;
  }
  EXPECT_TRUE(to[2].tls.client_certificate.shares(to[1].tls.client_certificate));
  EXPECT_FALSE(to[4].tls.ca_bundle == to[0].tls.ca_bundle);
}

// A secret is kept for as long as the process lives: no more than the room that it needs.
TEST_F(Tls, AFileTakesTheRoomThatItNeeds) {
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{1700}, size_t{200'000}}) {
    WriteText(folder_ / "text", std::string(bytes, 'x'));
    const auto text = ReadFile((folder_ / "text").string(), 256 * 1024);
    ASSERT_TRUE(text.ok());
    EXPECT_EQ(text->size(), bytes);
    EXPECT_LE(text->capacity(), bytes + 64);
  }
  EXPECT_GT(ReadFile("/proc/self/status", 256 * 1024).value().size(), 100u) << "says it is empty";
  EXPECT_FALSE(ReadFile((folder_ / "text").string(), 199'999).ok());
  EXPECT_TRUE(ReadFile((folder_ / "text").string(), 200'000).ok());
}

TEST_F(Tls, AnotherKeyIsFound) {
  EXPECT_EQ(Refusal(WithTls(In("client_certificate", "client.pem") + ", " +
                            In("client_key", "other.key"))),
            "destinations[0].tls.client_key.file: does not belong to the certificate");
}

TEST_F(Tls, WhatIsNoPem) {
  EXPECT_EQ(Refusal(WithTls(In("ca_bundle", "none.pem"))),
            "destinations[0].tls.ca_bundle.file: holds no PEM certificate");
  EXPECT_EQ(Refusal(WithTls(In("client_certificate", "client.key") + ", " +
                            In("client_key", "client.key"))),
            "destinations[0].tls.client_certificate.file: holds no PEM certificate");
  EXPECT_EQ(Refusal(WithTls(In("client_certificate", "client.pem") + ", " +
                            In("client_key", "none.pem"))),
            "destinations[0].tls.client_key.file: holds no PEM private key");
  std::string broken = ca_.Pem();
  broken[broken.size() / 2] = '!';
  EXPECT_THAT(
      Refusal(WithTls("ca_bundle: " + Quoted(ca_.Pem() + broken))),
      StartsWith("destinations[0].tls.ca_bundle.value: holds a certificate that cannot be read"));
  EXPECT_THAT(Refusal(WithTls(In("ca_bundle", "missing.pem"))),
              StartsWith("destinations[0].tls.ca_bundle.file: cannot be opened"));
  WriteText(folder_ / "large.pem", ca_.Pem() + std::string(256 * 1024, '\n'));
  EXPECT_THAT(Refusal(WithTls(In("ca_bundle", "large.pem"))),
              StartsWith("destinations[0].tls.ca_bundle.file: is larger than"));
}

TEST_F(Tls, APathInPlaceOfTheTextIsToldWhereItBelongs) {
  EXPECT_EQ(
      Refusal(WithTls("ca_bundle: /etc/ssl/ca.pem")),
      "destinations[0].tls.ca_bundle.value: holds no PEM certificate; the path of a file is given "
      "as `{file: PATH}`");
  EXPECT_EQ(Refusal(WithTls("client_certificate: client.pem, client_key: k")),
            "destinations[0].tls.client_certificate.value: holds no PEM certificate; the path of a "
            "file is given as `{file: PATH}`");
  EXPECT_EQ(
      Refusal(WithTls(In("client_certificate", "client.pem") + ", client_key: c.key")),
      "destinations[0].tls.client_key.value: holds no PEM private key; the path of a file is given "
      "as `{file: PATH}`");
}

TEST_F(Tls, WhatBelongsTogether) {
  const std::string place = "destinations[0].tls";
  EXPECT_EQ(Refusal(WithTls(In("client_certificate", "client.pem"))),
            place + ": needs a client_key for the client_certificate");
  EXPECT_EQ(Refusal(WithTls(In("client_key", "client.key"))),
            place + ": needs a client_certificate for the client_key");
  EXPECT_EQ(Refusal(WithTls("ca_bundle: {file: a, value: b}")),
            place + ".ca_bundle: must have at most one of value, file");
  EXPECT_EQ(Refusal(WithTls("ca_bundle: ''")),
            place + ".ca_bundle: needs exactly one of value, file");
  EXPECT_EQ(Refusal(WithTls("ca_bundle: {value: " + Quoted(ca_.Pem()) + ", subject: CN=x}")),
            place + ".ca_bundle.subject: stands in answers only; delete it here");
  EXPECT_EQ(Refusal(WithTls("insecure_skip_verify: true, " + In("ca_bundle", "ca.pem"))),
            place + ".insecure_skip_verify: must be false where there is a CA bundle");
  EXPECT_EQ(Refusal(WithTls("insecure_skip_verify: false", "http://h/")),
            place + ": needs an https:// URL");
  EXPECT_FALSE(Only(WithTls("insecure_skip_verify: true")).tls.verify);
}

TEST_F(Tls, AnEncryptedKeyAsksNobody) {
  const std::string members = In("client_certificate", "client.pem");
  EXPECT_EQ(Refusal(WithTls(members + ", client_key: " + Quoted(http::Encrypted(client_.key)))),
            "destinations[0].tls.client_key.value: must not be encrypted");
}

TEST_F(Tls, TheExamplesOfThePageAreConfigurations) {
  ::setenv("CHAT_TOKEN", "t", 1);
  for (const char* name : {"ledger-password", "crm-secret"}) WriteText(folder_ / name, "s\n");
  WriteText(folder_ / "house-ca.pem", ca_.Pem());
  const std::string page = ReadText(CARILLON_AUTHORIZATION_MD);
  const size_t begin = page.find("```yaml\n") + 8;
  std::string yaml = page.substr(begin, page.find("```", begin) - begin);
  const std::string place = "/etc/carillon";
  for (size_t at = 0; (at = yaml.find(place, at)) != yaml.npos;) {
    yaml.replace(at, place.size(), folder_.string());
  }
  EXPECT_EQ(Parsed(yaml).destinations.size(), 4u);
}

TEST_F(Tls, NoErrorRepeatsAKey) {
  const std::string body = client_.key.substr(client_.key.find('\n') + 1, 40);
  for (const std::string& members :
       {"client_key: " + body, In("client_certificate", "client.pem") + ", client_key: " + body,
        In("client_certificate", "client.pem") + ", client_key_file: '" + body + "'",
        body + ": x"}) {
    const std::string refusal = Refusal(WithTls(members));
    EXPECT_NE(refusal, "");
    EXPECT_THAT(refusal, Not(HasSubstr(body.substr(0, 12))));
  }
}

}  // namespace
}  // namespace carillon::config
