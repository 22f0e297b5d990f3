#include "shown_request.h"

#include <gtest/gtest.h>

#include <string>

#include "carillon/v1/delivery_service.pb.h"

namespace carillon::operations {
namespace {

using Selections = v1::Operation::Request;

StoredOperation Stored(v1::Operation::Kind kind, const std::string& request) {
  StoredOperation stored;
  stored.operation.set_kind(kind);
  stored.request = request;
  return stored;
}

std::string Text(const google::protobuf::Message& message) { return message.ShortDebugString(); }

TEST(ShownRequest, OfAReplayIsAllThatSaysWhatItMeans) {
  v1::ReplayEventsRequest request;
  request.set_destination("tenants/acme/destinations/orders");
  request.mutable_start_time()->set_seconds(100);
  request.mutable_end_time()->set_seconds(200);
  request.set_filter("type = \"a.b\"");
  request.set_selection(v1::ReplayEventsRequest::MISSING);
  request.set_max_rate(2.5);
  request.set_request_id("once");
  v1::Operation::Request wanted;
  wanted.set_destination("tenants/acme/destinations/orders");
  wanted.mutable_start_time()->set_seconds(100);
  wanted.mutable_end_time()->set_seconds(200);
  wanted.set_filter("type = \"a.b\"");
  wanted.set_selection(v1::Operation::Request::MISSING);
  wanted.set_max_rate(2.5);
  const auto shown = ShownRequest(Stored(v1::Operation::REPLAY, request.SerializeAsString()));
  ASSERT_TRUE(shown);
  EXPECT_EQ(Text(*shown), Text(wanted));
}

TEST(ShownRequest, WhatWasLeftOutOfAReplayIsNotThere) {
  v1::ReplayEventsRequest request;
  request.set_destination("tenants/acme/destinations/orders");
  const auto shown = ShownRequest(Stored(v1::Operation::REPLAY, request.SerializeAsString()));
  ASSERT_TRUE(shown);
  EXPECT_FALSE(shown->has_start_time());
  EXPECT_FALSE(shown->has_end_time());
  EXPECT_FALSE(shown->has_max_rate());
}

TEST(ShownRequest, SelectionsAreThoseOfTheRequest) {
  const auto& asked = *v1::ReplayEventsRequest::Selection_descriptor();
  const auto& shown = *Selections::Selection_descriptor();
  ASSERT_EQ(shown.value_count(), asked.value_count());
  for (int i = 0; i < asked.value_count(); ++i) {
    EXPECT_EQ(shown.value(i)->name(), asked.value(i)->name());
    EXPECT_EQ(shown.value(i)->number(), asked.value(i)->number());
  }
}

TEST(ShownRequest, OfResendsAndPurgesIsParentAndFilter) {
  v1::ResendDeliveriesRequest resend;
  resend.set_parent("tenants/acme/destinations/-");
  resend.set_filter("*");
  resend.set_max_rate(7);
  auto shown = ShownRequest(Stored(v1::Operation::RESEND, resend.SerializeAsString()));
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->parent(), "tenants/acme/destinations/-");
  EXPECT_EQ(shown->filter(), "*");
  EXPECT_EQ(shown->max_rate(), 7);
  v1::PurgeDeliveriesRequest purge;
  purge.set_parent("tenants/acme/destinations/orders");
  purge.set_filter("state = DEAD");
  shown = ShownRequest(Stored(v1::Operation::PURGE, purge.SerializeAsString()));
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->parent(), "tenants/acme/destinations/orders");
  EXPECT_EQ(shown->filter(), "state = DEAD");
}

TEST(ShownRequest, IsNoneOfOtherKindsAndOfWhatCannotBeRead) {
  EXPECT_FALSE(ShownRequest(Stored(v1::Operation::DELETE_TENANT, "\x0a\x01x")));
  EXPECT_FALSE(ShownRequest(Stored(v1::Operation::REPLAY, "wrong")));
  EXPECT_FALSE(ShownRequest(Stored(v1::Operation::REPLAY, "")));
}

}  // namespace
}  // namespace carillon::operations
