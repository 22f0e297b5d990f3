#include "request_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.h"

namespace carillon::connect {
namespace {

const google::protobuf::FieldDescriptor& Field() {
  return *SayRequest().FindFieldByName("request_id");
}

TEST(RequestIdTest, IsFilledIn) {
  test::v1::SayRequest request;
  request.set_text("x");
  request.mutable_thing()->set_display_name("y");
  for (const std::string& message : {request.SerializeAsString(), std::string()}) {
    std::string with = message;
    ASSERT_EQ(SetRequestId(Field(), "key-1", with), std::nullopt);
    test::v1::SayRequest got;
    ASSERT_TRUE(got.ParseFromString(with));
    EXPECT_EQ(got.request_id(), "key-1");
    got.clear_request_id();
    EXPECT_EQ(got.SerializeAsString(), message);
  }
}

TEST(RequestIdTest, TheSameIsLeftAndAnotherRefused) {
  test::v1::SayRequest request;
  request.set_request_id("key-1");
  std::string message = request.SerializeAsString();
  EXPECT_EQ(SetRequestId(Field(), "key-1", message), std::nullopt);
  EXPECT_EQ(message, request.SerializeAsString());
  const auto error = SetRequestId(Field(), "key-2", message);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(Get<google::rpc::ErrorInfo>(*error).reason(), "REQUEST_ID_REUSED");
  EXPECT_THAT(error->message(), testing::HasSubstr("requestId"));
}

TEST(RequestIdTest, WhatIsNoMessage) {
  for (const std::string& bytes :
       {std::string("\xff"), std::string("\x12\x7f"), std::string("\x0c")}) {
    std::string message = bytes;
    EXPECT_NE(SetRequestId(Field(), "key", message), std::nullopt);
  }
}

}  // namespace
}  // namespace carillon::connect
