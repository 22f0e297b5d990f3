#include "carillon/aip/error.h"

#include <gmock/gmock.h>

#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace carillon::aip {
namespace {

using ::testing::HasSubstr;

TEST(Error, EachReasonHasACode) {
  const auto* reasons = v1::ErrorReason_descriptor();
  for (int i = 0; i < reasons->value_count(); ++i) {
    const auto reason = static_cast<v1::ErrorReason>(reasons->value(i)->number());
    EXPECT_EQ(CodeOf(reason) == absl::StatusCode::kUnknown, reason == v1::ERROR_REASON_UNSPECIFIED)
        << reasons->value(i)->name();
  }
  EXPECT_EQ(CodeOf(static_cast<v1::ErrorReason>(9999)), absl::StatusCode::kUnknown);
}

TEST(Error, TellsItsReasonDomainAndFacts) {
  const absl::Status status =
      MakeError(v1::ROLE_FORBIDDEN, "a reader may not", {{"role", "ROLE_READER"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(status.message(), "a reader may not");
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(GetDetail(status, info));
  EXPECT_EQ(info.reason(), "ROLE_FORBIDDEN");
  EXPECT_EQ(info.domain(), "carillon");
  EXPECT_EQ(info.metadata().at("role"), "ROLE_READER");
  EXPECT_EQ(ReasonOf(status), v1::ROLE_FORBIDDEN);
}

TEST(Error, OthersHaveNoReason) {
  EXPECT_EQ(ReasonOf(absl::OkStatus()), v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_EQ(ReasonOf(absl::InternalError("x")), v1::ERROR_REASON_UNSPECIFIED);
  absl::Status foreign = absl::AbortedError("x");
  google::rpc::ErrorInfo info;
  info.set_domain("googleapis.com");
  info.set_reason("ETAG_MISMATCH");
  AddDetail(foreign, info);
  EXPECT_EQ(ReasonOf(foreign), v1::ERROR_REASON_UNSPECIFIED);
}

TEST(Error, ListsEachBadField) {
  const absl::Status status =
      BadRequest({{"destination.url", "SCHEME", "must start with http:// or https://"},
                  {"destination.concurrency", "OUT_OF_RANGE", "must be 1 to 1024"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "destination.url: must start with http:// or https:// (and 1 more)");
  google::rpc::BadRequest bad;
  ASSERT_TRUE(GetDetail(status, bad));
  ASSERT_EQ(bad.field_violations_size(), 2);
  EXPECT_EQ(bad.field_violations(1).field(), "destination.concurrency");
  EXPECT_EQ(bad.field_violations(1).reason(), "OUT_OF_RANGE");
  EXPECT_EQ(bad.field_violations(1).description(), "must be 1 to 1024");
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(GetDetail(status, info));
  EXPECT_EQ(info.metadata().at("field"), "destination.url");
}

TEST(Error, ListsAtMostFiftyBadFields) {
  const std::vector<FieldViolation> violations(60, {"a", "REQUIRED", "must be set"});
  const absl::Status status = BadRequest(violations);
  google::rpc::BadRequest bad;
  ASSERT_TRUE(GetDetail(status, bad));
  EXPECT_EQ(bad.field_violations_size(), 50);
  EXPECT_EQ(status.message(), "a: must be set (and 59 more)");
}

TEST(Error, OneBadFieldOfAnotherReason) {
  const absl::Status status =
      BadField("filter", "SYNTAX", "expected a value", v1::FILTER_INVALID, {{"position", "7"}});
  EXPECT_EQ(ReasonOf(status), v1::FILTER_INVALID);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(GetDetail(status, info));
  EXPECT_EQ(info.metadata().at("position"), "7");
}

TEST(Error, ResourcesAreNamed) {
  constexpr auto kType = "carillon/Tenant";
  const struct {
    absl::Status status;
    absl::StatusCode code;
    v1::ErrorReason reason;
  } cases[] = {
      {NotFound(kType, "tenants/a"), absl::StatusCode::kNotFound, v1::RESOURCE_NOT_FOUND},
      {AlreadyExists(kType, "tenants/a"), absl::StatusCode::kAlreadyExists, v1::RESOURCE_EXISTS},
      {EtagMismatch(kType, "tenants/a", "\"k3\""), absl::StatusCode::kAborted, v1::ETAG_MISMATCH},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(c.status.code(), c.code);
    EXPECT_EQ(ReasonOf(c.status), c.reason);
    google::rpc::ResourceInfo info;
    ASSERT_TRUE(GetDetail(c.status, info));
    EXPECT_EQ(info.resource_type(), kType);
    EXPECT_EQ(info.resource_name(), "tenants/a");
    EXPECT_THAT(std::string(c.status.message()), HasSubstr("tenants/a"));
  }
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(GetDetail(cases[2].status, info));
  EXPECT_EQ(info.metadata().at("etag"), "\"k3\"");
}

TEST(Error, ObstaclesAreListedUpToABoundThenCounted) {
  const std::vector<Obstacle> obstacles(103, {"RESOURCE_IN_USE", "s", "delete it first"});
  const absl::Status status = FailedPrecondition(v1::RESOURCE_IN_USE, "in use", obstacles);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  google::rpc::PreconditionFailure detail;
  ASSERT_TRUE(GetDetail(status, detail));
  ASSERT_EQ(detail.violations_size(), 101);
  EXPECT_EQ(detail.violations(99).subject(), "s");
  EXPECT_EQ(detail.violations(100).subject(), "");
  EXPECT_EQ(detail.violations(100).description(), "and 3 more of these");
}

TEST(Error, OneHundredObstaclesAreAllListed) {
  const std::vector<Obstacle> obstacles(100, {"RESOURCE_IN_USE", "s", "delete it first"});
  google::rpc::PreconditionFailure detail;
  ASSERT_TRUE(GetDetail(FailedPrecondition(v1::RESOURCE_IN_USE, "in use", obstacles), detail));
  ASSERT_EQ(detail.violations_size(), 100);
  EXPECT_EQ(detail.violations(99).subject(), "s");
}

TEST(Error, QuotasSayWhoseAndWhenToComeBack) {
  absl::Status status = QuotaExceeded(v1::QUOTA_EXCEEDED, "at most 1000 destinations", "tenants/a");
  AddRetry(status, std::chrono::milliseconds(2500));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  google::rpc::QuotaFailure quota;
  ASSERT_TRUE(GetDetail(status, quota));
  EXPECT_EQ(quota.violations(0).subject(), "tenants/a");
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(GetDetail(status, retry));
  EXPECT_EQ(retry.retry_delay().seconds(), 2);
  EXPECT_EQ(retry.retry_delay().nanos(), 500'000'000);
}

TEST(Error, GoesOverTheWireAndBack) {
  absl::Status status = QuotaExceeded(v1::RATE_LIMITED, "too fast", "tenants/a");
  AddRetry(status, std::chrono::seconds(1));
  AddRetry(status, std::chrono::seconds(2));  // in place of the first
  const google::rpc::Status rpc = ToRpc(status);
  EXPECT_EQ(rpc.code(), 8);
  ASSERT_EQ(rpc.details_size(), 3);
  EXPECT_EQ(rpc.details(0).type_url(), "type.googleapis.com/google.rpc.ErrorInfo");
  EXPECT_EQ(rpc.details(1).type_url(), "type.googleapis.com/google.rpc.QuotaFailure");
  EXPECT_EQ(rpc.details(2).type_url(), "type.googleapis.com/google.rpc.RetryInfo");
  const absl::Status back = FromRpc(rpc);
  EXPECT_EQ(back, status);
  EXPECT_EQ(ToRpc(back).SerializeAsString(), rpc.SerializeAsString());
}

TEST(Error, SaysNothingOfTheInside) {
  EXPECT_THAT(ToRpc(absl::InternalError("/var/lib/x: disk")).message(),
              testing::Not(HasSubstr("disk")));
  EXPECT_THAT(ToRpc(absl::DataLossError("page 7")).message(), testing::Not(HasSubstr("7")));
  EXPECT_THAT(ToRpc(absl::UnknownError("bad_alloc")).message(), testing::Not(HasSubstr("alloc")));
  EXPECT_EQ(ToRpc(absl::UnavailableError("later")).message(), "later");
  EXPECT_EQ(ToRpc(absl::OkStatus()).code(), 0);
}

TEST(Error, PayloadsThatAreNotMessagesStayInside) {
  absl::Status status = absl::AbortedError("x");
  status.SetPayload("carillon/internal", absl::Cord("secret"));
  EXPECT_EQ(ToRpc(status).details_size(), 0);
}

TEST(Error, CodesThatDoNotExistAreUnknown) {
  google::rpc::Status rpc;
  rpc.set_code(77);
  EXPECT_EQ(FromRpc(rpc).code(), absl::StatusCode::kUnknown);
  rpc.set_code(-1);
  EXPECT_EQ(FromRpc(rpc).code(), absl::StatusCode::kUnknown);
  rpc.set_code(16);
  EXPECT_EQ(FromRpc(rpc).code(), absl::StatusCode::kUnauthenticated);
}

}  // namespace
}  // namespace carillon::aip
