#include "connect_error.h"

#include <gmock/gmock.h>
#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support.h"

namespace carillon::connect {
namespace {

using ::testing::HasSubstr;

TEST(ErrorTest, EachCodeHasItsNameAndStatus) {
  struct Row {
    absl::StatusCode code;
    const char* name;
    int http;
  };
  for (const Row& row : {
           Row{absl::StatusCode::kCancelled, "canceled", 499},
           Row{absl::StatusCode::kUnknown, "unknown", 500},
           Row{absl::StatusCode::kInvalidArgument, "invalid_argument", 400},
           Row{absl::StatusCode::kDeadlineExceeded, "deadline_exceeded", 504},
           Row{absl::StatusCode::kNotFound, "not_found", 404},
           Row{absl::StatusCode::kAlreadyExists, "already_exists", 409},
           Row{absl::StatusCode::kPermissionDenied, "permission_denied", 403},
           Row{absl::StatusCode::kResourceExhausted, "resource_exhausted", 429},
           Row{absl::StatusCode::kFailedPrecondition, "failed_precondition", 400},
           Row{absl::StatusCode::kAborted, "aborted", 409},
           Row{absl::StatusCode::kOutOfRange, "out_of_range", 400},
           Row{absl::StatusCode::kUnimplemented, "unimplemented", 501},
           Row{absl::StatusCode::kInternal, "internal", 500},
           Row{absl::StatusCode::kUnavailable, "unavailable", 503},
           Row{absl::StatusCode::kDataLoss, "data_loss", 500},
           Row{absl::StatusCode::kUnauthenticated, "unauthenticated", 401},
       }) {
    EXPECT_EQ(CodeName(static_cast<int>(row.code)), row.name);
    EXPECT_EQ(HttpStatus(static_cast<int>(row.code)), row.http) << row.name;
  }
  EXPECT_EQ(CodeName(17), "unknown");
  EXPECT_EQ(CodeName(-1), "unknown");
  EXPECT_EQ(HttpStatus(0), 500);
}

TEST(ErrorTest, ItsJson) {
  const auto json = nlohmann::json::parse(
      ToJson(MakeError({{"thing.color", "UNKNOWN", "is wrong"}, {"text", "TYPE", "too"}})));
  EXPECT_EQ(json["code"], "invalid_argument");
  EXPECT_EQ(json["message"], "thing.color: is wrong (and 1 more)");
  ASSERT_EQ(json["details"].size(), 2u);
  EXPECT_EQ(json["details"][0]["type"], "google.rpc.ErrorInfo");
  EXPECT_EQ(json["details"][0]["value"],
            "Cg1GSUVMRF9JTlZBTElEEghjYXJpbGxvbhoUCgVmaWVsZBILdGhpbmcuY29sb3I");
  EXPECT_EQ(json["details"][0]["debug"], nlohmann::json::parse(R"({"reason":"FIELD_INVALID",
      "domain":"carillon","metadata":{"field":"thing.color"}})"));
  EXPECT_EQ(json["details"][1]["debug"]["fieldViolations"][1]["field"], "text");
}

TEST(ErrorTest, DetailsOfUnknownTypesAndBytesThatAreNoText) {
  Error error;
  error.set_code(static_cast<int>(absl::StatusCode::kInternal));
  error.set_message("\xff");
  auto& detail = *error.add_details();
  detail.set_type_url("type.googleapis.com/no.Such");
  detail.set_value("\xff");
  const auto json = nlohmann::json::parse(ToJson(error));
  EXPECT_EQ(json["details"][0]["value"], "/w");
  EXPECT_FALSE(json["details"][0].contains("debug"));
}

TEST(ErrorTest, ItsHttpAnswer) {
  const web::Response response =
      ToResponse(MakeError(v1::STOPPING, "later", std::chrono::seconds(7)));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.headers.Find("Retry-After"), "7");
  EXPECT_EQ(response.headers.Find("Cache-Control"), "no-store");
  EXPECT_EQ(response.headers.Find("WWW-Authenticate"), std::nullopt);
  const web::Response unknown = ToResponse(MakeError(v1::CREDENTIALS_MISSING, "who"));
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(unknown.headers.Find("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(ToResponse(MakeError(v1::UNSUPPORTED, ""), 404).status, 404);
}

TEST(ErrorTest, RetryAfterIsRoundedUp) {
  Error error = MakeError(v1::RATE_LIMITED, "later");
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(1);
  info.mutable_retry_delay()->set_nanos(1);
  error.add_details()->PackFrom(info);
  EXPECT_EQ(ToResponse(error).headers.Find("Retry-After"), "2");
}

TEST(ErrorTest, WhatGrpcTells) {
  const Error sent = MakeError({{"text", "TYPE", "is wrong"}});
  const Error got = FromGrpc(
      grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, sent.message(), sent.SerializeAsString()));
  EXPECT_EQ(got.SerializeAsString(), sent.SerializeAsString());
  // gRPC's own code and text count, whatever the details are.
  const Error odd = FromGrpc(grpc::Status(grpc::StatusCode::ABORTED, "x", "\xff\xff"));
  EXPECT_EQ(odd.code(), static_cast<int>(absl::StatusCode::kAborted));
  EXPECT_EQ(odd.message(), "x");
}

TEST(ErrorTest, PathsInJsonNames) {
  EXPECT_EQ(JsonPath(SayRequest(), "things[3].display_name"), "things[3].displayName");
  EXPECT_EQ(JsonPath(SayRequest(), "thing.inner.inner.display_name"),
            "thing.inner.inner.displayName");
  EXPECT_EQ(JsonPath(SayRequest(), "by_name.display_name.x"), "byName.display_name.x");
  EXPECT_EQ(JsonPath(SayRequest(), "by_name[0].value.x"), "byName[0].value.x");
  EXPECT_EQ(JsonPath(SayRequest(), "no_such.big_number"), "no_such.big_number");
  EXPECT_EQ(JsonPath(SayRequest(), "big_number"), "bigNumber");
  EXPECT_EQ(JsonPath(SayRequest(), "bigNumber"), "bigNumber");
  EXPECT_EQ(JsonPath(SayRequest(), ""), "");
  EXPECT_EQ(JsonPath(SayRequest(), "things[3"), "things[3");
  Error error = MakeError({{"max_age", "TYPE", "is wrong"}});
  UseJsonNames(SayRequest(), error);
  EXPECT_EQ(Fields(error), std::vector<std::string>{"maxAge TYPE"});
}

}  // namespace
}  // namespace carillon::connect
