// Rewriting what an earlier version's file says in other members.
#include "carillon/config/migrate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "fixtures.h"

namespace carillon::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

Migrated Rewritten(std::string_view yaml, std::string_view under = {}) {
  const absl::StatusOr<Migrated> migrated = Migrate(yaml, under);
  EXPECT_TRUE(migrated.ok()) << migrated.status() << "\n" << yaml;
  return migrated.ok() ? *migrated : Migrated();
}

std::string Why(std::string_view yaml, std::string_view under = {}) {
  const absl::StatusOr<Migrated> migrated = Migrate(yaml, under);
  if (migrated.ok()) return "";
  EXPECT_EQ(migrated.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(migrated.status().message());
}

/// Expects that `before` becomes `after`, that this stays as it is, and that the loader's error for
/// the old one leads here.
void ExpectRewritten(const std::string& before, const std::string& after) {
  EXPECT_EQ(Rewritten(before).text, after);
  const Migrated again = Rewritten(after);
  EXPECT_EQ(again.text, after);
  EXPECT_TRUE(again.changes.empty());
  EXPECT_EQ(Refusal(after), "");
  EXPECT_THAT(Refusal(before), HasSubstr("; `carillon config migrate` rewrites the file"))
      << before;
}

TEST(Migrate, RenamesMembers) {
  ExpectRewritten("delivery: {idle_connection: 30s}", "delivery: {idle_connection_timeout: 30s}");
  ExpectRewritten("delivery:\n  'idle_connection' : 30s # how long\n",
                  "delivery:\n  idle_connection_timeout : 30s # how long\n");
}

TEST(Migrate, RenamesMembersOfKeys) {
  const std::string first = "keys: [{name: k, secret: " + std::string(kSecret) + "}, {name: o, ";
  const std::string second = std::string("secret: ") + kSecret + ", ";
  ExpectRewritten(WithDestination(first + second + "expires_at: 2030-01-01T00:00:00Z}]"),
                  WithDestination(first + second + "expire_time: 2030-01-01T00:00:00Z}]"));
}

TEST(Migrate, WritesWhereASecretIsInOneMember) {
  ::setenv("CARILLON_TEST_KEY", kSecret, 1);
  ExpectRewritten(
      "destinations:\n"
      "  - name: d\n"
      "    url: https://h/\n"
      "    keys:\n"
      "      - secret_env: CARILLON_TEST_KEY   # from a Secret\n"
      "        name: k\n"
      "      - {name: l, secret_env: 'CARILLON_TEST_KEY', expires_at: 2030-01-01T00:00:00Z}\n",
      "destinations:\n"
      "  - name: d\n"
      "    url: https://h/\n"
      "    keys:\n"
      "      - secret:\n"
      "          env: CARILLON_TEST_KEY   # from a Secret\n"
      "        name: k\n"
      "      - {name: l, secret: {env: 'CARILLON_TEST_KEY'}, expire_time: 2030-01-01T00:00:00Z}\n");
  ExpectRewritten(WithDestination("headers: [{name: a, value_env: CARILLON_TEST_KEY}]"),
                  WithDestination("headers: [{name: a, secret: {env: CARILLON_TEST_KEY}}]"));
  ExpectRewritten("proxy: {url: 'http://p', username: u, password_env: CARILLON_TEST_KEY}",
                  "proxy: {url: 'http://p', basic: {user: u, password: {env: CARILLON_TEST_KEY}}}");
  ::unsetenv("CARILLON_TEST_KEY");
}

TEST(Migrate, CallsTheSecretsOfAuthorizationWhatTheyAre) {
  ::setenv("CARILLON_TEST_TOKEN", "t", 1);
  const auto with = [](const std::string& scheme) {
    return WithDestination("authorization: {" + scheme + "}");
  };
  ExpectRewritten(with("basic: {user: u, secret: s}"), with("basic: {user: u, password: s}"));
  ExpectRewritten(with("basic: {user: u, secret_env: CARILLON_TEST_TOKEN}"),
                  with("basic: {user: u, password: {env: CARILLON_TEST_TOKEN}}"));
  ExpectRewritten(with("bearer: {secret: s}"), with("bearer: {token: s}"));
  ExpectRewritten(with("bearer: {secret_env: CARILLON_TEST_TOKEN}"),
                  with("bearer: {token: {env: CARILLON_TEST_TOKEN}}"));
  const std::string oauth2 = "oauth2: {token_url: 'https://t', client_id: c, ";
  ExpectRewritten(with(oauth2 + "secret: s}"), with(oauth2 + "client_secret: s}"));
  ExpectRewritten(with(oauth2 + "secret_env: CARILLON_TEST_TOKEN}"),
                  with(oauth2 + "client_secret: {env: CARILLON_TEST_TOKEN}}"));
  ::unsetenv("CARILLON_TEST_TOKEN");
  EXPECT_EQ(
      Why(with("bearer: {secret: s, secret_env: X}")),
      "destinations[0].authorization.bearer.secret: stands beside another that says the same");
  EXPECT_EQ(Why(with("bearer: {token: s, secret_file: /x}")),
            "destinations[0].authorization.bearer.secret_file: is now token.file, which stands "
            "beside it");
}

TEST(Migrate, WritesWhereCertificatesAreInOneMember) {
  const auto before = [](const std::string& name) {
    return "destinations: [{tls: {" + name + ": /a/b}}]";
  };
  const auto after = [](const std::string& name, const std::string& inner) {
    return "destinations: [{tls: {" + name + ": {" + inner + ": /a/b}}}]";
  };
  EXPECT_EQ(Rewritten(before("ca_bundle_file")).text, after("ca_bundle", "file"));
  EXPECT_EQ(Rewritten(before("client_certificate_file")).text, after("client_certificate", "file"));
  EXPECT_EQ(Rewritten(before("client_key_file")).text, after("client_key", "file"));
  EXPECT_EQ(Rewritten(before("client_key_env")).text, after("client_key", "env"));
}

TEST(Migrate, PutsTenantsIntoNames) {
  ExpectRewritten(
      "destinations:\n"
      "  - name: d   # the first\n"
      "    tenant: acme\n"
      "    url: http://h/\n"
      "  - tenant: 'acme'\n"
      "    name: e\n"
      "    url: http://h/\n"
      "  - name: f\n"
      "    tenant: default   # as all\n"
      "    url: http://h/\n"
      "  - {tenant: a.b, name: g, url: 'http://h/'}\n"
      "  - {name: h, url: 'http://h/', tenant: }\n"
      "subscriptions:\n"
      "- types: ['*']\n"
      "  destinations: [d]\n"
      "  name: s\n"
      "  tenant: acme",
      "destinations:\n"
      "  - name: tenants/acme/destinations/d   # the first\n"
      "    url: http://h/\n"
      "  - name: tenants/acme/destinations/e\n"
      "    url: http://h/\n"
      "  - name: f\n"
      "    # as all\n"
      "    url: http://h/\n"
      "  - {name: tenants/a.b/destinations/g, url: 'http://h/'}\n"
      "  - {name: h, url: 'http://h/' }\n"
      "subscriptions:\n"
      "- types: ['*']\n"
      "  destinations: [d]\n"
      "  name: tenants/acme/subscriptions/s");
  EXPECT_EQ(Rewritten("destinations:\r\n- name: d\r\n  tenant: t").text,
            "destinations:\r\n- name: tenants/t/destinations/d");
  // What a template will put there is kept together by quotes.
  EXPECT_EQ(Rewritten("destinations: [{name: d, tenant: '{{ .Values.t }}'}]").text,
            "destinations: [{name: \"tenants/{{ .Values.t }}/destinations/d\"}]");
  EXPECT_THAT(Rewritten("destinations: [{name: d, tenant: t}]").changes,
              ElementsAre("line 1: destinations[0].tenant is now part of name: "
                          "tenants/TENANT/destinations/NAME"));
}

TEST(Migrate, RefusesTenantsThatCannotBePutIntoANameSafely) {
  const auto why = [](const std::string& members) {
    return Why("destinations: [{" + members + "}]");
  };
  EXPECT_THAT(why("tenant: t"), StartsWith("destinations[0].name: is missing"));
  EXPECT_THAT(why("tenant: t, name: tenants/a/destinations/d"),
              StartsWith("destinations[0].name: names a tenant already"));
  EXPECT_THAT(why("tenant: t, name: &n d, description: *n"),
              StartsWith("destinations[0].name: must be a text in one line without an anchor"));
  EXPECT_THAT(why("tenant: [t], name: d"), StartsWith("destinations[0].tenant: must be a text"));
  EXPECT_THAT(why("tenant: 't\"', name: d"),
              StartsWith("destinations[0].name: and the tenant have characters"));
  EXPECT_THAT(why("name: d, # what\n  tenant: t"),
              StartsWith("destinations[0].tenant: stands behind a comment in braces"));
  EXPECT_THAT(Why("destinations:\n- tenant: t # why\n  name: d"),
              StartsWith("destinations[0].tenant: stands first"));
  EXPECT_THAT(Why("destinations:\n- name: d\n  tenant:\n    t"),
              StartsWith("destinations[0].tenant: must stand in one line"));
  // An alias that leads to the tenant would lead nowhere.
  EXPECT_THAT(why("name: d, tenant: &t x, description: *t"), StartsWith("(file): "));
}

TEST(Migrate, TurnsTruthValuesRound) {
  ExpectRewritten(WithDestination("enabled: false"), WithDestination("disabled: true"));
  ExpectRewritten(WithDestination("enabled: true"), WithDestination("disabled: false"));
  ExpectRewritten("tracing: {endpoint: 'https://c', tls: {verify: false}}",
                  "tracing: {endpoint: 'https://c', tls: {insecure_skip_verify: true}}");
  EXPECT_EQ(Rewritten(WithDestination("enabled: ")).text, WithDestination("disabled: "));
  EXPECT_EQ(Why(WithDestination("enabled: 'true'")),
            "destinations[0].enabled: must be true or false");
  EXPECT_EQ(Why(WithDestination("enabled: [false]")),
            "destinations[0].enabled: must be true or false");
}

TEST(Migrate, TakesOutWhatIsRemoved) {
  ExpectRewritten(
      "destinations:\n"
      "  - name: d\n"
      "    generation: 3   # after the move\n"
      "    url: http://h/\n"
      "  - generation: 1\n"
      "    name: e\n"
      "    url: http://h/\n"
      "  - {name: f, url: 'http://h/', generation: 0}\n"
      "  - {generation: 2, name: g, url: 'http://h/'}\n"
      "  - name: h\n"
      "    url: http://h/\n"
      "    generation:",
      "destinations:\n"
      "  - name: d\n"
      "    # after the move\n"
      "    url: http://h/\n"
      "  - name: e\n"
      "    url: http://h/\n"
      "  - {name: f, url: 'http://h/'}\n"
      "  - {name: g, url: 'http://h/'}\n"
      "  - name: h\n"
      "    url: http://h/");
  EXPECT_THAT(Rewritten(WithDestination("generation: 1")).changes,
              ElementsAre(StartsWith("line 1: destinations[0].generation is removed: "
                                     "EnableDestination (`carillon destinations enable`)")));
  EXPECT_THAT(Why("destinations: [{generation: [1]}]"), StartsWith("destinations[0].generation: "));
}

TEST(Migrate, MovesMembersIntoAMessage) {
  ExpectRewritten(
      "limits:\n"
      "  max_in_flight_per_tenant: 5   # each\n"
      "  # in all\n"
      "  max_in_flight: 9\n",
      "limits:\n"
      "  tenant_defaults:\n"
      "    max_in_flight: 5   # each\n"
      "  # in all\n"
      "  max_in_flight: 9\n");
  ExpectRewritten("limits: {max_in_flight: 9, max_in_flight_per_tenant: 5}",
                  "limits: {max_in_flight: 9, tenant_defaults: {max_in_flight: 5}}");
  ExpectRewritten("limits: { \"max_in_flight_per_tenant\": &n 5 ,\n  max_in_flight: *n }",
                  "limits: { tenant_defaults: {max_in_flight: &n 5} ,\n  max_in_flight: *n }");
}

TEST(Migrate, GathersMembersInOneMessage) {
  ExpectRewritten(
      "proxy:\n"
      "  username: carillon  # who\n"
      "  url: http://proxy.example:3128\n"
      "  # from a vault\n"
      "  password: open sesame  # what\n"
      "limits: {}\n",
      "proxy:\n"
      "  basic:\n"
      "    user: carillon  # who\n"
      "    password: open sesame  # what\n"
      "  url: http://proxy.example:3128\n"
      "  # from a vault\n"
      "limits: {}\n");
  // The one that comes first says where; a file without a line end at its end stays one.
  ExpectRewritten(
      "proxy:\r\n"
      "  password: p\r\n"
      "  url: http://p\r\n"
      "  username: u",
      "proxy:\r\n"
      "  basic:\r\n"
      "    password: p\r\n"
      "    user: u\r\n"
      "  url: http://p");
  ExpectRewritten("proxy: {username: 'u', url: 'http://p', password: \"p, }\" }",
                  "proxy: {basic: {user: 'u', password: \"p, }\"}, url: 'http://p' }");
  ExpectRewritten("proxy: {username: u, password: p, url: 'http://p'}",
                  "proxy: {basic: {user: u, password: p}, url: 'http://p'}");
  EXPECT_EQ(Why("proxy: {url: 'http://p', username: u\n  # what\n  , password: p\n  }"), "");
  EXPECT_EQ(Why("proxy: {username: u,\n  # what\n  password: p}"),
            "proxy.password: stands behind a comment in braces; write it in a line without");
  // What comes of it is looked at before it is given out.
  EXPECT_THAT(Why("proxy: {username: u, # who,\n  password: p}"),
              StartsWith("(file): cannot be rewritten as it is written: "));
}

TEST(Migrate, KeepsAllElseAsItIs) {
  const std::string before =
      "\xEF\xBB\xBF# A file.\r\n"
      "---\r\n"
      "destinations:   # where to\r\n"
      "\r\n"
      "  - enabled: false  # for now\r\n"
      "    name: \"d\"\r\n"
      "    description: \"\\uD83D\\uDE00 \\\\\\uD83D\\uDE00 enabled: true\"\r\n"
      "    url: 'http://h/'\r\n"
      "    # enabled: true\r\n";
  const Migrated migrated = Rewritten(before);
  std::string expected = before;
  expected.replace(expected.find("enabled: false"), 14, "disabled: true");
  EXPECT_EQ(migrated.text, expected);
  EXPECT_THAT(
      migrated.changes,
      ElementsAre("line 5: destinations[0].enabled is now disabled, which says the opposite"));
  EXPECT_EQ(Refusal(expected), "");
}

TEST(Migrate, KeepsBlocksAndWhatStandsBehindThem) {
  ExpectRewritten(
      "destinations:\n"
      "- name: d\n"
      "  url: http://h/\n"
      "  description: |\n"
      "    enabled: false\n"
      "    'an open quote\n"
      "  enabled: true\n"
      "  tls:\n"
      "subscriptions: []",
      "destinations:\n"
      "- name: d\n"
      "  url: http://h/\n"
      "  description: |\n"
      "    enabled: false\n"
      "    'an open quote\n"
      "  disabled: false\n"
      "  tls:\n"
      "subscriptions: []");
}

TEST(Migrate, ATodaysFileComesOutByteForByte) {
  const std::string page = ReadText(CARILLON_CONFIGURATION_MD);
  size_t blocks = 0;
  const std::string begin = "```yaml\n";
  for (size_t at = page.find(begin); at != page.npos; at = page.find(begin, at)) {
    at += begin.size();
    const std::string block = page.substr(at, page.find("```", at) - at);
    const Migrated migrated = Rewritten(block);
    EXPECT_EQ(migrated.text, block);
    EXPECT_TRUE(migrated.changes.empty());
    ++blocks;
  }
  EXPECT_GE(blocks, 4u);
  EXPECT_EQ(Rewritten("").text, "");
  EXPECT_EQ(Rewritten("# nothing\n").text, "# nothing\n");
}

TEST(Migrate, ListsChangesInTheOrderOfTheFile) {
  const Migrated migrated = Rewritten(
      "limits: {max_in_flight_per_tenant: 5}\n"
      "delivery:\n"
      "  idle_connection: 1s\n");
  EXPECT_THAT(migrated.changes,
              ElementsAre("line 1: limits.max_in_flight_per_tenant is now "
                          "tenant_defaults.max_in_flight",
                          "line 3: delivery.idle_connection is now idle_connection_timeout"));
}

TEST(Migrate, FollowsAliases) {
  // What an alias leads to is rewritten where it stands, once.
  ExpectRewritten(
      "destinations:\n"
      "  - {name: d, url: 'https://h/', tls: &tls {verify: false}}\n"
      "  - {name: e, url: 'https://h/', tls: *tls}\n",
      "destinations:\n"
      "  - {name: d, url: 'https://h/', tls: &tls {insecure_skip_verify: true}}\n"
      "  - {name: e, url: 'https://h/', tls: *tls}\n");
  // A value that is turned round is written out; one that carries an anchor has other readers.
  ExpectRewritten(
      "destinations:\n"
      "  - {name: d, url: 'http://h/', adaptive_concurrency: &no false}\n"
      "  - {name: e, url: 'http://h/', enabled: *no}\n",
      "destinations:\n"
      "  - {name: d, url: 'http://h/', adaptive_concurrency: &no false}\n"
      "  - {name: e, url: 'http://h/', disabled: true}\n");
  EXPECT_THAT(Why("destinations: [{enabled: &no false}, {adaptive_concurrency: *no}]"),
              StartsWith("destinations[0].enabled: carries an anchor"));
}

TEST(Migrate, RefusesWhatIsNeitherOldNorNew) {
  EXPECT_THAT(Why("destinations: [{name: d, colour: red}]"),
              StartsWith("destinations[0].colour: unknown member; known: "));
  EXPECT_THAT(Why("enabled: true"), StartsWith("enabled: unknown member"));
  EXPECT_THAT(Why("destinations: [{colour: red}, {size: 1}]"), HasSubstr("\ndestinations[1].size"));
  EXPECT_THAT(Why("a: ["), StartsWith("(file): line 2"));
  EXPECT_EQ(Why("[1]"), "(file): must be a mapping of members");
  EXPECT_EQ(Why("delivery: {idle_connection: 1s, idle_connection: 2s}"),
            "delivery.idle_connection: stands beside another that says the same");
}

TEST(Migrate, RefusesAnOldMemberBesideItsNewOne) {
  EXPECT_EQ(
      Why(WithDestination("enabled: true, disabled: false")),
      "destinations[0].enabled: is now disabled, which says the opposite, which stands beside "
      "it");
  EXPECT_EQ(Why("limits: {max_in_flight_per_tenant: 5, tenant_defaults: {}}"),
            "limits.max_in_flight_per_tenant: is now tenant_defaults.max_in_flight, which stands "
            "beside it");
}

TEST(Migrate, RefusesWhatItCannotRewrite) {
  const std::string line =
      "limits.max_in_flight_per_tenant: must stand in one line, name and value";
  EXPECT_EQ(Why("limits:\n  max_in_flight_per_tenant:\n    5\n"), line);
  EXPECT_EQ(Why("limits:\n  max_in_flight_per_tenant: |\n    5\n"), line);
  EXPECT_EQ(Why("limits: {max_in_flight_per_tenant: [5]}"), line);
  EXPECT_EQ(Why("limits:\n  max_in_flight_per_tenant:\n"),
            "limits.max_in_flight_per_tenant: has no value; leave it out");
  EXPECT_EQ(Why("limits:\n  ? max_in_flight_per_tenant\n  : 5\n"),
            "limits.max_in_flight_per_tenant: has a name that is no plain text with a colon behind "
            "it");
}

TEST(Migrate, TakesTheMemberThatHoldsTheConfiguration) {
  const std::string values = "enabled: true\nconfig:\n  delivery: {idle_connection: 1s}\n";
  const Migrated migrated = Rewritten(values, "config");
  EXPECT_EQ(migrated.text, "enabled: true\nconfig:\n  delivery: {idle_connection_timeout: 1s}\n");
  EXPECT_THAT(migrated.changes, ElementsAre("line 3: config.delivery.idle_connection is now "
                                            "idle_connection_timeout"));
  EXPECT_EQ(Why(values, "configuration"), "(file): has no configuration");
}

TEST(Migrate, RepeatsNoSecret) {
  const std::string why =
      Why("destinations: [{keys: [{whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw: x}]}]");
  EXPECT_THAT(why, HasSubstr("unknown member"));
  EXPECT_THAT(why, testing::Not(HasSubstr("MfKQ9")));
}

}  // namespace
}  // namespace carillon::config
