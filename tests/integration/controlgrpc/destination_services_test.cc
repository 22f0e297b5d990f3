// Destinations and subscriptions over gRPC.

#include "control_services_fixture.h"

namespace carillon::controlgrpc {
namespace {

using ::testing::HasSubstr;

TEST_F(ControlServicesTest, DestinationsAreManagedAndOutliveTheProcess) {
  const auto made = Create(CreateText("orders"));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->name(), kOrders);
  EXPECT_EQ(made->keys_size(), 2);
  EXPECT_THAT(made->keys(0).secret().value(), HasSubstr("whsec_"));
  End();
  Start();
  const auto got = Get(kOrders);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->etag(), made->etag());
  EXPECT_EQ(got->keys(0).secret().value(), "");

  const auto stub = v1::DestinationService::NewStub(channel_);
  v1::UpdateDestinationRequest update;
  *update.mutable_destination() = *got;
  update.mutable_destination()->set_display_name("Orders");
  update.mutable_update_mask()->add_paths("display_name");
  const auto updated =
      Call<v1::Destination>(*stub, &v1::DestinationService::Stub::UpdateDestination, update);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->display_name(), "Orders");
  const auto lost =
      Call<v1::Destination>(*stub, &v1::DestinationService::Stub::UpdateDestination, update);
  EXPECT_EQ(aip::ReasonOf(lost.status()), v1::ETAG_MISMATCH);
}

TEST_F(ControlServicesTest, ListsPageByPage) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Create(CreateText(absl::StrCat("d", i))).ok());
  const auto stub = v1::DestinationService::NewStub(channel_);
  v1::ListDestinationsRequest request;
  request.set_parent("tenants/acme");
  request.set_page_size(2);
  std::multiset<std::string> seen;
  do {
    const auto page = Call<v1::ListDestinationsResponse>(
        *stub, &v1::DestinationService::Stub::ListDestinations, request);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->total_size(), 5);
    for (const auto& destination : page->destinations()) seen.insert(destination.name());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 5u);
}

TEST_F(ControlServicesTest, SubscriptionsGoWithTheirDestination) {
  ASSERT_TRUE(Create(CreateText("orders")).ok());
  const auto stub = v1::SubscriptionService::NewStub(channel_);
  const auto made =
      Call<v1::Subscription>(*stub, &v1::SubscriptionService::Stub::CreateSubscription,
                             Made<v1::CreateSubscriptionRequest>(
                                 "parent: \"tenants/acme\" subscription_id: \"all\" "
                                 "subscription { types: \"*\" destinations: \"orders\" }"));
  ASSERT_TRUE(made.ok()) << made.status();
  const auto destinations = v1::DestinationService::NewStub(channel_);
  v1::DeleteDestinationRequest deletion;
  deletion.set_name(kOrders);
  const auto in_use = Call<v1::DeleteDestinationResponse>(
      *destinations, &v1::DestinationService::Stub::DeleteDestination, deletion);
  EXPECT_EQ(aip::ReasonOf(in_use.status()), v1::RESOURCE_IN_USE);
  deletion.set_force(true);
  deletion.set_request_id("once");
  for (int i = 0; i < 2; ++i) {
    const auto deleted = Call<v1::DeleteDestinationResponse>(
        *destinations, &v1::DestinationService::Stub::DeleteDestination, deletion);
    ASSERT_TRUE(deleted.ok()) << deleted.status();
    EXPECT_THAT(deleted->deleted_subscriptions(),
                testing::ElementsAre("tenants/acme/subscriptions/all"));
  }
  v1::GetSubscriptionRequest get;
  get.set_name("tenants/acme/subscriptions/all");
  EXPECT_EQ(aip::ReasonOf(
                Call<v1::Subscription>(*stub, &v1::SubscriptionService::Stub::GetSubscription, get)
                    .status()),
            v1::RESOURCE_NOT_FOUND);
}

TEST_F(ControlServicesTest, StatesAreChangedByWhoMay) {
  const auto made = Create(CreateText("orders"));
  ASSERT_TRUE(made.ok());
  const auto stub = v1::DestinationService::NewStub(channel_);
  const auto disable = [&](const std::string& text) {
    return Call<v1::Destination>(*stub, &v1::DestinationService::Stub::DisableDestination,
                                 Made<v1::DisableDestinationRequest>(text));
  };
  const std::string name = "name: \"tenants/acme/destinations/orders\" ";
  const auto disabled = disable(name);
  ASSERT_TRUE(disabled.ok()) << disabled.status();
  EXPECT_EQ(disabled->state(), v1::Destination::DISABLED);
  EXPECT_EQ(disabled->etag(), made->etag());
  const auto enabled =
      Call<v1::Destination>(*stub, &v1::DestinationService::Stub::EnableDestination,
                            Made<v1::EnableDestinationRequest>(name));
  ASSERT_TRUE(enabled.ok()) << enabled.status();
  EXPECT_EQ(enabled->state(), v1::Destination::ACTIVE);
  ASSERT_EQ(orders_.size(), 2u);
  EXPECT_EQ(orders_[0].command, delivery::LaneCommand::kDisable);
  EXPECT_EQ(orders_[1].name, "orders");
  EXPECT_EQ(aip::ReasonOf(disable("").status()), v1::FIELD_INVALID);
  EXPECT_EQ(aip::ReasonOf(disable("name: \"orders\"").status()), v1::FIELD_INVALID);
  refused_ = "carillon.v1.DestinationService/DisableDestination";
  EXPECT_EQ(aip::ReasonOf(disable(name).status()), v1::ROLE_FORBIDDEN);
  EXPECT_EQ(orders_.size(), 2u);
}

TEST_F(ControlServicesTest, WhatIsReadSaysHowItFares) {
  ASSERT_TRUE(Create(CreateText("orders")).ok());
  fares_.state = delivery::DestinationStatus::State::kDisabled;
  fares_.disabled = model::DisabledReason::kGone;
  const auto stub = v1::DestinationService::NewStub(channel_);
  const auto found = Call<v1::Destination>(
      *stub, &v1::DestinationService::Stub::GetDestination,
      Made<v1::GetDestinationRequest>("name: \"tenants/acme/destinations/orders\""));
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->state(), v1::Destination::DISABLED);
  EXPECT_EQ(found->status().reason(), v1::DestinationStatus::GONE);
  const auto list = [&](const std::string& filter) {
    return Call<v1::ListDestinationsResponse>(
        *stub, &v1::DestinationService::Stub::ListDestinations,
        Made<v1::ListDestinationsRequest>("parent: \"tenants/acme\" filter: \"" + filter + "\""));
  };
  for (const char* filter : {"", "state = DISABLED"}) {
    const auto listed = list(filter);
    ASSERT_TRUE(listed.ok()) << listed.status();
    ASSERT_EQ(listed->destinations_size(), 1) << filter;
    EXPECT_EQ(listed->destinations(0).state(), v1::Destination::DISABLED);
    EXPECT_EQ(listed->total_size(), 1);
  }
  EXPECT_EQ(list("state = ACTIVE")->destinations_size(), 0);
  EXPECT_EQ(aip::ReasonOf(list("state = NOTHING").status()), v1::FILTER_INVALID);
}

TEST_F(ControlServicesTest, ADeletionSaysFirstWhatIsGivenUp) {
  ASSERT_TRUE(Create(CreateText("orders")).ok());
  const auto stub = v1::DestinationService::NewStub(channel_);
  const auto remove = [&](const std::string& more) {
    return Call<v1::DeleteDestinationResponse>(
        *stub, &v1::DestinationService::Stub::DeleteDestination,
        Made<v1::DeleteDestinationRequest>("name: \"" + std::string(kOrders) + "\" " + more));
  };
  const auto first = remove("validate_only: true");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->abandoned_delivery_count(), 7);
  EXPECT_EQ(first->untried_delivery_count(), 5);
  EXPECT_FALSE(first->uncounted());
  EXPECT_EQ(aip::ReasonOf(remove("validate_only: true etag: \"\\\"x\\\"\"").status()),
            v1::ETAG_MISMATCH);
  const auto done = remove("");
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->abandoned_delivery_count(), 0);
}

TEST_F(ControlServicesTest, APreviewOfASubscriptionIsAnswered) {
  ASSERT_TRUE(Create(CreateText("orders")).ok());
  const auto stub = v1::SubscriptionService::NewStub(channel_);
  const auto preview = [&](const std::string& types) {
    return Call<v1::PreviewSubscriptionResponse>(
        *stub, &v1::SubscriptionService::Stub::PreviewSubscription,
        Made<v1::PreviewSubscriptionRequest>("parent: \"tenants/acme\" subscription { " + types +
                                             " destinations: \"orders\" }"));
  };
  const auto answer = preview("types: \"session.*\"");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->scanned_count(), 1);
  EXPECT_EQ(answer->matched_count(), 0);
  ASSERT_EQ(answer->results_size(), 1);
  EXPECT_EQ(answer->results(0).event_id(), "e7");
  EXPECT_EQ(answer->results(0).failed_condition(), "types");
  EXPECT_EQ(aip::ReasonOf(preview("").status()), v1::FIELD_INVALID);
}

TEST_F(ControlServicesTest, ATestIsAnsweredWithWhatCameOfIt) {
  ASSERT_TRUE(Create(CreateText("orders")).ok());
  const auto stub = v1::DestinationService::NewStub(channel_);
  const auto test = [&](const std::string& text) {
    return Call<v1::TestDestinationResponse>(*stub, &v1::DestinationService::Stub::TestDestination,
                                             Made<v1::TestDestinationRequest>(text));
  };
  // The guard of this server lets nothing through to this machine; a given name is looked up.
  const auto answer = test(
      "destination { name: \"tenants/acme/destinations/new\" url: \"http://localhost/\" } "
      "event_type: \"session.create\"");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->attempt().outcome(), v1::OUTCOME_BLOCKED) << answer->DebugString();
  EXPECT_FALSE(answer->attempt().message().empty());
  EXPECT_EQ(aip::ReasonOf(test("name: \"tenants/acme/destinations/orders\"").status()),
            v1::FIELD_INVALID);
  refused_ = "carillon.v1.DestinationService/TestDestination";
  EXPECT_EQ(aip::ReasonOf(test("").status()), v1::ROLE_FORBIDDEN);
}

}  // namespace
}  // namespace carillon::controlgrpc
