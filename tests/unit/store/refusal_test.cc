// A refusal carries its reason through a status.

#include "carillon/store/refusal.h"

#include <gtest/gtest.h>

#include <optional>

namespace carillon::store {
namespace {

TEST(Refusal, EachReasonIsReadBack) {
  for (const Refusal why :
       {Refusal::kFull, Refusal::kWaiting, Refusal::kStopping, Refusal::kFailed}) {
    const absl::Status status = Refuse(why, absl::StatusCode::kResourceExhausted, "no");
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(status.message(), "no");
    EXPECT_EQ(RefusalOf(status), why);
  }
}

TEST(Refusal, OtherStatusesHaveNone) {
  EXPECT_EQ(RefusalOf(absl::OkStatus()), std::nullopt);
  EXPECT_EQ(RefusalOf(absl::ResourceExhaustedError("no")), std::nullopt);
}

}  // namespace
}  // namespace carillon::store
