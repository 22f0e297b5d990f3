#include "carillon/client/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carillon/aip/error.h"

namespace carillon::client {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Explain, EachFieldHasALine) {
  const absl::Status status = aip::BadRequest({{"destination.url", "SCHEME", "must be a URL"},
                                               {"destination.concurrency", "MIN", "must be more"}});
  const std::string text = Explain(status, "host:1");
  EXPECT_THAT(text, HasSubstr("INVALID_ARGUMENT: "));
  EXPECT_THAT(text, HasSubstr("(FIELD_INVALID)\n  destination.url: must be a URL\n"
                              "  destination.concurrency: must be more"));
}

TEST(Explain, AnObstacleSaysWhatToDo) {
  const absl::Status status =
      aip::FailedPrecondition(v1::RESOURCE_IN_USE, "it is in use",
                              {{"RESOURCE_IN_USE", "tenants/acme/subscriptions/all", "change it"}});
  EXPECT_EQ(Explain(status, "host:1"),
            "FAILED_PRECONDITION: it is in use (RESOURCE_IN_USE)\n"
            "  tenants/acme/subscriptions/all: change it\n"
            "  next: change what names it, or give --force");
}

TEST(Explain, WhenToTryAgain) {
  absl::Status status = aip::QuotaExceeded(v1::RATE_LIMITED, "too fast", "tenants/acme");
  aip::AddRetry(status, std::chrono::milliseconds(1500));
  EXPECT_THAT(Explain(status, "host:1"), HasSubstr("next: try again in 1.5s"));
}

TEST(Explain, WithoutDetailsTheCodeSays) {
  EXPECT_THAT(Explain(absl::UnavailableError("refused"), "host:1"),
              HasSubstr("is carillond running at host:1?"));
  EXPECT_THAT(Explain(absl::UnimplementedError(""), "host:1"), HasSubstr("access.tokens"));
  EXPECT_THAT(Explain(absl::InternalError("x"), "host:1"), Not(HasSubstr("next:")));
}

TEST(Explain, NoControlCharacterGetsThrough) {
  const std::string text = Explain(absl::InternalError("a\x1b[31m\nb"), "host:1");
  EXPECT_EQ(text, "INTERNAL: a\\x1b[31m\\x0ab");
}

TEST(EndingOf, EachCode) {
  EXPECT_EQ(EndingOf(absl::OkStatus()), kEndDone);
  EXPECT_EQ(EndingOf(absl::InvalidArgumentError("")), kEndWrongInput);
  EXPECT_EQ(EndingOf(absl::NotFoundError("")), kEndNotFound);
  EXPECT_EQ(EndingOf(absl::UnauthenticatedError("")), kEndForbidden);
  EXPECT_EQ(EndingOf(absl::PermissionDeniedError("")), kEndForbidden);
  EXPECT_EQ(EndingOf(absl::AlreadyExistsError("")), kEndConflict);
  EXPECT_EQ(EndingOf(absl::AbortedError("")), kEndConflict);
  EXPECT_EQ(EndingOf(absl::UnavailableError("")), kEndUnavailable);
  EXPECT_EQ(EndingOf(absl::DeadlineExceededError("")), kEndUnavailable);
  EXPECT_EQ(EndingOf(absl::ResourceExhaustedError("")), kEndUnavailable);
  EXPECT_EQ(EndingOf(absl::FailedPreconditionError("")), kEndRefused);
}

}  // namespace
}  // namespace carillon::client
