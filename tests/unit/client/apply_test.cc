#include "carillon/client/apply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "carillon/aip/error.h"
#include "carillon/client/local_secrets.h"
#include "carillon/config/resource_documents.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

absl::StatusOr<v1::ApplyConfigRequest> Made(const std::string& yaml,
                                            const ApplyOptions& options = {}) {
  auto documents = config::ReadResources(yaml, "acme");
  EXPECT_TRUE(documents.ok()) << documents.status();
  return MakeApplyRequest(*std::move(documents), options);
}

TEST(Apply, AllDocumentsBecomeOneRequest) {
  const auto request = Made(
      "subscriptions: [{name: s, types: [a], destinations: [orders]}]\n"
      "---\nname: tenants/acme/destinations/orders\nurl: http://a\nuid: u\netag: '\"1\"'\n",
      {.apply_set = "shop", .prune = true, .dry_run = true, .request_id = "r"});
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->parent(), "tenants/acme");
  EXPECT_EQ(request->apply_set(), "shop");
  EXPECT_TRUE(request->prune());
  EXPECT_TRUE(request->validate_only());
  EXPECT_EQ(request->request_id(), "r");
  EXPECT_THAT(NamesIn(*request),
              ElementsAre("tenants/acme/destinations/orders", "tenants/acme/subscriptions/s"));
  EXPECT_EQ(request->config().destinations(0).uid(), "") << "what answers alone have is left out";
  EXPECT_EQ(request->config().destinations(0).etag(), "\"1\"");
}

TEST(Apply, TheParentIsTheTenantOfAllOrAllOfThem) {
  const auto parent = [](const std::string& yaml) { return Made(yaml)->parent(); };
  EXPECT_EQ(parent("tenants: [{name: bell}]\ndestinations: "
                   "[{name: tenants/bell/destinations/a, url: 'http://a'}]"),
            "tenants/bell");
  EXPECT_EQ(parent("destinations: [{name: a, url: 'http://a'}, "
                   "{name: tenants/bell/destinations/a, url: 'http://a'}]"),
            "tenants/-");
  EXPECT_EQ(parent("event_types: [{name: order.paid}]\n"
                   "destinations: [{name: a, url: 'http://a'}]"),
            "tenants/-");
}

TEST(Apply, MistakesInDocuments) {
  const auto error = [](const std::string& yaml) {
    return std::string(Made(yaml).status().message());
  };
  EXPECT_THAT(error("destinations: [{name: a, url: b}, {name: a, url: b}]"), HasSubstr("twice"));
  EXPECT_THAT(error("destinations: [{name: a/b, url: b}]"), HasSubstr("is no name"));
  EXPECT_THAT(error("destinations: [{name: a, url: b, disabled: true}]"),
              HasSubstr("for configuration files only"));
  EXPECT_THAT(error("tenants: [{name: a/b}]"), HasSubstr("a/b"));
}

TEST(Apply, ErrorsNameResourcesInPlaceOfWhereTheyStand) {
  const auto request = Made("destinations: [{name: a, url: x}, {name: b, url: y}]");
  const auto named = [&request](const std::string& field) {
    const absl::Status status =
        InNamesOf(*request, aip::BadField(field, "INVALID", "is wrong", v1::FIELD_INVALID));
    EXPECT_EQ(aip::ReasonOf(status), v1::FIELD_INVALID);
    return std::string(status.message());
  };
  EXPECT_EQ(named("config.destinations[1].retry.jitter"),
            "tenants/acme/destinations/b: retry.jitter: is wrong");
  EXPECT_EQ(named("config.destinations[1]"), "tenants/acme/destinations/b: is wrong");
  EXPECT_EQ(named("config.destinations[2].url"), "config.destinations[2].url: is wrong");
  EXPECT_EQ(named("apply_set"), "apply_set: is wrong");
  EXPECT_EQ(InNamesOf(*request, absl::AbortedError("other")), absl::AbortedError("other"));
}

TEST(Apply, DifferencesAreLinesWithSigns) {
  v1::ApplyConfigResponse::Change change;
  auto& difference = *change.add_differences();
  difference.set_before("url: http://old\n");
  difference.set_after("url: http://a\n");
  change.add_differences()->set_after("retry:\n  jitter: 0.5\n");
  EXPECT_EQ(FormatDifferences(change, false),
            "  - url: http://old\n  + url: http://a\n  + retry:\n  +   jitter: 0.5\n");
}

TEST(LocalSecrets, AreReadFromVariablesAndFiles) {
  v1::Destination d;
  d.mutable_authorization()->mutable_bearer()->mutable_token()->set_env("TOKEN");
  const Environment environment = [](const char* name) -> std::optional<std::string> {
    if (std::string_view(name) == "TOKEN") return "abc\n";
    return std::nullopt;
  };
  ASSERT_TRUE(ReadLocalSecrets(environment, d).ok());
  EXPECT_EQ(d.authorization().bearer().token().value(), "abc");
  d.add_keys()->mutable_secret()->set_env("NONE");
  EXPECT_THAT(std::string(ReadLocalSecrets(environment, d).message()),
              HasSubstr("keys[0].secret: the variable NONE is not set"));
  d.mutable_keys(0)->mutable_secret()->set_file("/no/such/file");
  EXPECT_THAT(std::string(ReadLocalSecrets(environment, d).message()),
              HasSubstr("keys[0].secret: the file '/no/such/file' cannot be read"));
}

}  // namespace
}  // namespace carillon::client
