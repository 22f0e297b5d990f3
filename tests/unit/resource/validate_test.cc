// Messages that come from no file: what is wrong is told at once, each with its path.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carillon/resource/config.h"

namespace carillon::resource {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> PathsOf(const Errors& errors) {
  std::vector<std::string> paths;
  for (const Errors::Violation& violation : errors.violations()) paths.push_back(violation.path);
  return paths;
}

v1::Config Good() {
  v1::Config config;
  v1::Destination& destination = *config.add_destinations();
  destination.set_name("tenants/default/destinations/d");
  destination.set_url("https://example.com/hook");
  v1::Subscription& subscription = *config.add_subscriptions();
  subscription.set_name("tenants/default/subscriptions/s");
  subscription.add_types("session.*");
  subscription.add_destinations("d");
  return config;
}

TEST(Validate, AGoodMessageHasItsDefaults) {
  NoReferences references;
  Errors errors(references);
  const Config config = Validate(Good(), {}, errors);
  EXPECT_THAT(PathsOf(errors), IsEmpty());
  ASSERT_EQ(config.destinations.size(), 1u);
  EXPECT_EQ(config.destinations[0].tenant, "default");
  EXPECT_EQ(config.destinations[0].concurrency, 32u);
  EXPECT_EQ(config.limits.max_in_flight(), 4096u);
  EXPECT_EQ(config.types.size(), 18u);
}

TEST(Validate, TenantsHaveNamesLimitsAndStandOnce) {
  NoReferences references;
  Errors errors(references);
  v1::Config given = Good();
  v1::Tenant& acme = *given.add_tenants();
  acme.set_name("acme");
  acme.mutable_limits()->set_max_rate(2.5);
  given.add_tenants()->set_name("tenants/bell");
  const Config config = Validate(given, {}, errors);
  EXPECT_THAT(PathsOf(errors), IsEmpty());
  ASSERT_EQ(config.tenants.size(), 2u);
  EXPECT_EQ(config.tenants[0].limits.max_rate, 2.5);
  EXPECT_EQ(config.tenants[0].limits.max_in_flight, std::nullopt) << "as the defaults say";
  EXPECT_EQ(config.tenants[1].name, "bell");
  EXPECT_EQ(config.limits.tenant_defaults().max_destinations(), 10'000u);

  given.add_tenants()->set_name("acme");
  given.add_tenants()->set_name("..");
  given.mutable_tenants(1)->mutable_limits()->set_publish_events_per_second(0);
  Errors wrong(references);
  Validate(given, {}, wrong);
  EXPECT_THAT(PathsOf(wrong), ElementsAre("tenants[1].limits.publish_events_per_second",
                                          "tenants[2].name", "tenants[3].name"));
}

TEST(Validate, WhereTenantsAreRequiredTheFileNamesThem) {
  NoReferences references;
  Errors errors(references);
  v1::Config given = Good();
  given.mutable_limits()->set_require_tenants(true);
  Validate(given, {}, errors);
  EXPECT_THAT(PathsOf(errors), ElementsAre("destinations[0].name", "subscriptions[0].name"));
  EXPECT_THAT(errors.violations()[0].text, HasSubstr("limits.require_tenants"));
  given.add_tenants()->set_name("default");
  Errors none(references);
  Validate(given, {}, none);
  EXPECT_THAT(PathsOf(none), IsEmpty());
}

std::vector<std::string> RefusedPorts(const v1::Config& given) {
  NoReferences references;
  Errors errors(references);
  Validate(given, {}, errors);
  return PathsOf(errors);
}

TEST(Validate, WithoutTokensPortsAreLoopbackUnlessTheNetworkIsTrusted) {
  v1::Config given = Good();
  const auto at = [&](const char* publish, const char* admin) {
    given.mutable_server()->set_publish_address(publish);
    given.mutable_server()->set_admin_address(admin);
    return RefusedPorts(given);
  };
  EXPECT_THAT(at("127.0.0.1:7080", "localhost:7081"), IsEmpty());
  EXPECT_THAT(at("[::1]:7080", "127.200.0.1:0"), IsEmpty());
  EXPECT_THAT(at("0.0.0.0:7080", "[::]:7081"),
              ElementsAre("server.publish_address", "server.admin_address"));
  EXPECT_THAT(at("10.1.2.3:7080", "[::ffff:127.0.0.1]:7081"),
              ElementsAre("server.publish_address", "server.admin_address"));
  EXPECT_THAT(at("192.0.2.1:7080", "127.0.0.1:7081"), ElementsAre("server.publish_address"));
  given.mutable_access()->set_trusted_network(true);
  EXPECT_THAT(at("0.0.0.0:7080", "0.0.0.0:7081"), IsEmpty());
  given.mutable_access()->clear_trusted_network();
  v1::AccessToken& token = *given.mutable_access()->add_tokens();
  token.set_name("shop");
  token.set_role(v1::ROLE_PUBLISHER);
  token.set_sha256(std::string(64, 'a'));
  EXPECT_THAT(at("0.0.0.0:7080", "0.0.0.0:7081"), IsEmpty());
}

TEST(Validate, AnOpenPortIsRefusedOnceAndWithWhatToDo) {
  v1::Config given = Good();
  given.mutable_server()->set_publish_address("0.0.0.0:7080");
  given.mutable_server()->set_admin_address("example.com:80");
  NoReferences references;
  Errors errors(references);
  Validate(given, {}, errors);
  ASSERT_THAT(PathsOf(errors), ElementsAre("server.admin_address", "server.publish_address"));
  for (const char* way :
       {"access.tokens", "carillon tokens generate", "access.trusted_network", "127.0.0.1"}) {
    EXPECT_THAT(errors.violations()[1].text, HasSubstr(way));
  }
}

TEST(Validate, ATokensQuotaHasBounds) {
  NoReferences references;
  Errors errors(references);
  v1::Config given = Good();
  v1::AccessToken& token = *given.mutable_access()->add_tokens();
  token.set_name("shop");
  token.set_role(v1::ROLE_PUBLISHER);
  token.set_sha256(std::string(64, 'a'));
  token.mutable_quota()->set_events_per_second(500);
  token.mutable_quota()->set_bytes_per_second(1 << 20);
  const Config config = Validate(given, {}, errors);
  EXPECT_THAT(PathsOf(errors), IsEmpty());
  EXPECT_EQ(config.tokens[0].principal.rate, (access::PublishRate{500, 1 << 20}));
  given.mutable_access()->mutable_tokens(0)->mutable_quota()->set_bytes_per_second(1);
  Errors wrong(references);
  Validate(given, {}, wrong);
  EXPECT_THAT(PathsOf(wrong), ElementsAre("access.tokens[0].quota.bytes_per_second"));
}

TEST(Validate, SettingsMayBeShown) {
  NoReferences references;
  Errors errors(references);
  v1::Config given = Good();
  given.add_event_types()->set_name("order.paid");
  given.mutable_server()->set_max_batch_events(7);
  given.mutable_proxy()->set_url("http://proxy.example:3128");
  v1::Basic& basic = *given.mutable_proxy()->mutable_basic();
  basic.set_user("carillon");
  basic.mutable_password()->set_value("a-password-nobody-sees");
  const Config config = Validate(std::move(given), {}, errors);
  EXPECT_THAT(PathsOf(errors), IsEmpty());
  ASSERT_NE(config.settings, nullptr);
  const v1::Config& shown = *config.settings;
  EXPECT_EQ(shown.server().max_batch_events(), 7u);
  EXPECT_EQ(shown.server().publish_address(), "127.0.0.1:7080") << "a default";
  EXPECT_EQ(shown.limits().max_in_flight(), 4096u);
  EXPECT_EQ(shown.proxy().url(), "http://proxy.example:3128");
  EXPECT_TRUE(shown.proxy().basic().password().set());
  EXPECT_EQ(shown.DebugString().find("nobody-sees"), std::string::npos);
  EXPECT_EQ(shown.destinations_size() + shown.subscriptions_size() + shown.event_types_size(), 0);
}

TEST(Validate, AllErrorsAtOnceWithTheirPaths) {
  NoReferences references;
  Errors errors(references, 100);
  v1::Config config = Good();
  config.mutable_limits()->set_max_in_flight(0);
  config.mutable_resolver()->set_attempts(9);
  config.add_event_types()->set_name(".x");
  v1::Destination& destination = *config.mutable_destinations(0);
  destination.set_concurrency(5'000);
  destination.mutable_rate()->set_burst(0);
  destination.mutable_retry()->set_jitter(7);
  destination.add_keys()->set_name("K");
  destination.mutable_authorization()->mutable_basic();
  destination.set_url("ftp://h/");
  config.mutable_subscriptions(0)->add_destinations("elsewhere");
  config.mutable_subscriptions(0)->add_types("no.such");
  for (int i = 0; i < 12; ++i) *config.add_destinations() = Good().destinations(0);
  Validate(std::move(config), {}, errors);
  const std::vector<std::string> paths = PathsOf(errors);
  for (const char* path :
       {"limits.max_in_flight", "resolver.attempts", "event_types[0].name",
        "destinations[0].concurrency", "destinations[0].rate.per_second",
        "destinations[0].rate.burst", "destinations[0].retry.jitter",
        "destinations[0].keys[0].name", "destinations[0].keys[0]",
        "destinations[0].authorization.basic.user", "destinations[0].authorization.basic",
        "destinations[0].url", "destinations[12].name", "subscriptions[0].destinations[1]",
        "subscriptions[0].types[1]"}) {
    const bool told = std::ranges::any_of(paths, [path](const std::string& has) {
      return has == path || has.starts_with(std::string(path) + ".") ||
             std::string(path).starts_with(has + ".");
    });
    EXPECT_TRUE(told) << path;
  }
  EXPECT_GT(paths.size(), 20u);
}

TEST(Validate, ANameThatBeginsAsAnotherHasAnErrorOfItsOwn) {
  NoReferences references;
  Errors errors(references);
  v1::Config config = Good();
  config.mutable_limits()->set_max_in_flight(0);
  config.mutable_limits()->mutable_tenant_defaults()->set_max_in_flight(0);
  Validate(std::move(config), {}, errors);
  EXPECT_THAT(PathsOf(errors),
              ElementsAre("limits.max_in_flight", "limits.tenant_defaults.max_in_flight"));
}

TEST(Validate, NoLineShowsASecret) {
  NoReferences references;
  Errors errors(references);
  const Path root;
  errors.Add(root.Member("a"), "bad: whsec_c2VjcmV0 and more");
  errors.Add(root.Member("b"), "bad: whsk_c2VjcmV0 and more");
  EXPECT_EQ(errors.ToString(), "a: bad: whsec_*** and more\nb: bad: whsk_*** and more");
}

TEST(Validate, TheNumberOfErrorsHasABound) {
  NoReferences references;
  Errors errors(references);
  v1::Config config;
  for (int i = 0; i < 50; ++i) config.add_destinations()->set_name("?");
  Validate(std::move(config), {}, errors);
  EXPECT_EQ(errors.violations().size(), Errors::kMax);
  EXPECT_TRUE(errors.full());
}

TEST(Validate, ACallerMayNotNameFilesAndVariablesOfTheServer) {
  NoReferences references;
  Errors errors(references);
  v1::Config config = Good();
  v1::Destination& destination = *config.mutable_destinations(0);
  v1::Key& file = *destination.add_keys();
  file.set_name("a");
  file.mutable_secret()->set_file("/etc/passwd");
  v1::Key& variable = *destination.add_keys();
  variable.set_name("b");
  variable.mutable_secret()->set_env("HOME");
  destination.mutable_tls()->mutable_ca_bundle()->set_file("/etc/ssl/certs/ca-certificates.crt");
  v1::Header& header = *destination.add_headers();
  header.set_name("X-Key");
  header.mutable_secret()->set_env("HOME");
  Validate(std::move(config), {}, errors);
  EXPECT_THAT(
      PathsOf(errors),
      ElementsAre("destinations[0].headers[0].secret.env", "destinations[0].keys[0].secret.file",
                  "destinations[0].keys[1].secret.env", "destinations[0].tls.ca_bundle.file"));
  EXPECT_THAT(errors.ToString(), HasSubstr("may stand in the configuration file only"));
}

}  // namespace
}  // namespace carillon::resource
