#include "carillon/client/apply.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/client/local_secrets.h"
#include "carillon/config/resource_documents.h"
#include "carillon/resource/to_message.h"
#include "carillon/v1/destination.pb.h"
#include "carillon/v1/destination_service.pb.h"
#include "carillon/v1/subscription_service.pb.h"
#include "fake_caller.h"

namespace carillon::client {
namespace {

using google::protobuf::Message;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kOrders[] = "tenants/acme/destinations/orders";
constexpr char kSecret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A server that holds destinations as they are given to it.
class Server {
 public:
  std::map<std::string, v1::Destination> stored;
  std::vector<std::string> filters;
  v1::UpdateDestinationRequest update;
  bool upper = false;  ///< writes display names its own way

  absl::Status operator()(const std::string& method, const Message& request, Message& answer) {
    if (method == "GetDestination") {
      const auto found = stored.find(static_cast<const v1::GetDestinationRequest&>(request).name());
      if (found == stored.end()) return aip::NotFound("carillon/Destination", "x");
      answer.CopyFrom(found->second);
      resource::Redact(answer);
    } else if (method == "GetSubscription") {
      return aip::NotFound("carillon/Subscription", "x");
    } else if (method == "UpdateDestination") {
      update = static_cast<const v1::UpdateDestinationRequest&>(request);
      v1::Destination changed = update.destination();
      if (upper) changed.set_display_name("UPPER");
      answer.CopyFrom(changed);
      resource::Redact(answer);
    } else if (method == "ListDestinations") {
      filters.push_back(static_cast<const v1::ListDestinationsRequest&>(request).filter());
      auto& list = static_cast<v1::ListDestinationsResponse&>(answer);
      for (const auto& [name, each] : stored) *list.add_destinations() = each;
    }
    return absl::OkStatus();
  }
};

v1::Destination Stored(const std::string& url = "http://a") {
  v1::Destination d;
  d.set_name(kOrders);
  d.set_url(url);
  d.set_etag("\"1\"");
  d.set_uid("u");
  d.mutable_origin()->set_kind(v1::Origin::API);
  v1::Key& key = *d.add_keys();
  key.set_name(absl::StrCat(kOrders, "/keys/first"));
  key.mutable_secret()->set_value(kSecret);
  return d;
}

struct Planned {
  absl::StatusOr<std::vector<Step>> steps;
  std::vector<std::string> calls;
};

Planned Plan(Server& server, const std::string& yaml, ApplyOptions options = {.tenant = "acme"}) {
  auto documents = config::ReadResources(yaml, "acme");
  EXPECT_TRUE(documents.ok()) << documents.status();
  FakeCaller caller(std::ref(server));
  Resources resources(caller);
  Applier applier(resources, std::move(options));
  auto steps = applier.Plan(*std::move(documents));
  return {std::move(steps), caller.calls};
}

TEST(Apply, WhatIsThereAlreadyIsUnchanged) {
  Server server{.stored = {{kOrders, Stored()}}};
  const Planned planned = Plan(server, "destinations: [{name: orders, url: 'http://a'}]");
  ASSERT_TRUE(planned.steps.ok()) << planned.steps.status();
  ASSERT_EQ(planned.steps->size(), 1u);
  EXPECT_EQ(planned.steps->front().action, Action::kUnchanged);
  EXPECT_THAT(planned.calls, Not(testing::Contains("UpdateDestination")));
}

TEST(Apply, AChangeHasAMaskAnEtagAndADifference) {
  Server server{.stored = {{kOrders, Stored("http://old")}}};
  server.stored[kOrders].set_description("gone");
  const Planned planned = Plan(server, "destinations: [{name: orders, url: 'http://a'}]");
  ASSERT_TRUE(planned.steps.ok()) << planned.steps.status();
  const Step& step = planned.steps->front();
  EXPECT_EQ(step.action, Action::kUpdate);
  EXPECT_THAT(step.mask, ElementsAre("url", "description"));
  EXPECT_EQ(server.update.destination().etag(), "\"1\"");
  EXPECT_TRUE(server.update.validate_only());
  EXPECT_EQ(FormatDifferences(step.differences, false),
            "  - url: http://old\n  + url: http://a\n  - description: gone\n");
}

TEST(Apply, WhatTheServerWritesInAnotherWayIsNoChange) {
  Server server{.stored = {{kOrders, Stored()}}, .upper = true};
  server.stored[kOrders].set_display_name("UPPER");
  const Planned planned =
      Plan(server, "destinations: [{name: orders, url: 'http://a', display_name: upper}]");
  EXPECT_EQ(planned.steps->front().action, Action::kUnchanged);
}

TEST(Apply, WhatIsNotThereIsCreatedAndWhatNamesItIsNotChecked) {
  Server server;
  const Planned planned = Plan(server,
                               "subscriptions: [{name: s, types: [a], destinations: [orders]}]\n"
                               "---\nname: tenants/acme/destinations/orders\nurl: http://a\n");
  ASSERT_TRUE(planned.steps.ok()) << planned.steps.status();
  ASSERT_EQ(planned.steps->size(), 2u);
  EXPECT_EQ(planned.steps->at(0).name, kOrders) << "destinations go before what names them";
  EXPECT_TRUE(planned.steps->at(0).checked);
  EXPECT_EQ(planned.steps->at(1).action, Action::kCreate);
  EXPECT_FALSE(planned.steps->at(1).checked);
  EXPECT_THAT(planned.calls, Not(testing::Contains("CreateSubscription")));
}

TEST(Apply, KeysComeToBeThoseOfTheDocument) {
  Server server{.stored = {{kOrders, Stored()}}};
  const Planned planned =
      Plan(server, absl::StrCat("destinations: [{name: orders, url: 'http://a', keys: [",
                                "{name: new, secret: whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD}]}]"));
  ASSERT_TRUE(planned.steps.ok()) << planned.steps.status();
  ASSERT_EQ(planned.steps->size(), 3u);
  EXPECT_EQ(planned.steps->at(1).name, absl::StrCat(kOrders, "/keys/new"));
  EXPECT_EQ(planned.steps->at(1).action, Action::kCreate);
  EXPECT_EQ(planned.steps->at(2).name, absl::StrCat(kOrders, "/keys/first"));
  EXPECT_EQ(planned.steps->at(2).action, Action::kDelete);
  EXPECT_THAT(FormatDifferences(planned.steps->at(1).differences, false), Not(HasSubstr("C2FV")));
}

TEST(Apply, AKeyOfTheSameSecretStaysAndAnotherSecretIsAnError) {
  Server server{.stored = {{kOrders, Stored()}}};
  const auto with = [](const std::string& secret) {
    return absl::StrCat(
        "destinations: [{name: orders, url: 'http://a', keys: [{name: first, secret: ", secret,
        "}]}]");
  };
  EXPECT_EQ(Plan(server, with(kSecret)).steps->size(), 1u);
  const auto other = Plan(server, with("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")).steps;
  EXPECT_THAT(std::string(other.status().message()), HasSubstr("give the new one another name"));
}

TEST(Apply, ASecretThatCannotBeComparedIsWrittenAgain) {
  Server server{.stored = {{kOrders, Stored()}}};
  const auto set = [&server](const std::string& secret) {
    server.stored[kOrders].mutable_authorization()->mutable_bearer()->mutable_token()->set_value(
        secret);
  };
  const auto action = [&server](const std::string& secret) {
    return Plan(server,
                absl::StrCat("destinations: [{name: orders, url: 'http://a', authorization: "
                             "{bearer: {token: '",
                             secret, "'}}}]"))
        .steps->front()
        .action;
  };
  const std::string long_one(40, 'x');
  set(long_one);
  EXPECT_EQ(action(long_one), Action::kUnchanged);
  EXPECT_EQ(action(long_one + "y"), Action::kUpdate);
  set("short");
  EXPECT_EQ(action("short"), Action::kUpdate);
}

TEST(Apply, PruningAsksForTheSetAndKeepsWhatIsGiven) {
  Server server{.stored = {{kOrders, Stored()}}};
  server.stored["tenants/acme/destinations/old"].set_name("tenants/acme/destinations/old");
  const Planned planned = Plan(server, "destinations: [{name: orders, url: 'http://a'}]",
                               {.apply_set = "shop", .prune = true, .tenant = "acme"});
  ASSERT_TRUE(planned.steps.ok()) << planned.steps.status();
  EXPECT_THAT(server.filters,
              ElementsAre("labels.\"carillon/apply-set\" = \"shop\" AND origin.kind = API"));
  ASSERT_EQ(planned.steps->size(), 2u);
  EXPECT_THAT(planned.steps->at(0).mask, ElementsAre("labels.carillon/apply-set"));
  EXPECT_EQ(planned.steps->at(1).name, "tenants/acme/destinations/old");
  EXPECT_EQ(planned.steps->at(1).action, Action::kDelete);
}

TEST(Apply, MistakesInDocuments) {
  Server server;
  const auto error = [&server](const std::string& yaml) {
    return std::string(Plan(server, yaml).steps.status().message());
  };
  EXPECT_THAT(error("destinations: [{name: a, url: b}, {name: a, url: b}]"), HasSubstr("twice"));
  EXPECT_THAT(error("destinations: [{name: a/b, url: b}]"), HasSubstr("is no name"));
  EXPECT_THAT(error("destinations: [{name: a, url: b, disabled: true}]"),
              HasSubstr("for configuration files only"));
  EXPECT_THAT(error("tenants: [{name: a/b}]"), HasSubstr("a/b"));
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

TEST(LocalSecrets, MarksTellTwoApartAndShowNothing) {
  v1::Destination d = Stored();
  MarkSecrets(SecretsOf::kGiven, d);
  EXPECT_EQ(d.keys(0).secret().value(), "***LaSw");
  d.mutable_keys(0)->mutable_secret()->set_value("short");
  MarkSecrets(SecretsOf::kGiven, d);
  EXPECT_EQ(d.keys(0).secret().value(), "*** (new)");
}

}  // namespace
}  // namespace carillon::client
