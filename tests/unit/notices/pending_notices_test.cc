#include "pending_notices.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace carillon::notices {
namespace {

using std::chrono::seconds;

Notice At(int second, Kind kind, const std::string& destination = "orders") {
  const base::WallTime time{seconds(second)};
  return {.tenant = "acme", .destination = destination, .kind = kind, .first = time, .last = time};
}

Notice Of(const std::string& tenant) {
  Notice notice = At(2, Kind::kDead);
  notice.tenant = tenant;
  return notice;
}

TEST(PendingNoticesTest, WhatHappensAgainIsOneNoticeAtItsLastTime) {
  PendingNotices pending(10);
  EXPECT_TRUE(pending.Add(At(1, Kind::kBreakerOpened)));
  EXPECT_TRUE(pending.Add(At(2, Kind::kBreakerClosed)));
  EXPECT_TRUE(pending.Add(At(3, Kind::kBreakerOpened)));
  const std::vector<Notice> taken = pending.Take();
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken[0].kind, Kind::kBreakerClosed);
  EXPECT_EQ(taken[1].kind, Kind::kBreakerOpened);
  EXPECT_EQ(taken[1].first, base::WallTime(seconds(1)));
  EXPECT_EQ(taken[1].last, base::WallTime(seconds(3)));
  EXPECT_EQ(taken[1].count, 2u);
  EXPECT_TRUE(pending.empty());
}

TEST(PendingNoticesTest, OthersStayApart) {
  PendingNotices pending(20);
  Notice other = At(1, Kind::kDead);
  other.tenant = "acme.orders";
  other.destination = "";
  Notice uid = At(1, Kind::kDead);
  uid.uid = "1";
  Notice principal = At(1, Kind::kDead);
  principal.principal = "token:tokens/ops";
  Notice reason = At(1, Kind::kDead);
  reason.disabled = model::DisabledReason::kGone;
  Notice text = At(1, Kind::kDead);
  text.text = "1";
  for (const Notice& notice : {At(1, Kind::kDead), At(1, Kind::kDead, "crm"), At(1, Kind::kEvicted),
                               other, uid, principal, reason, text}) {
    EXPECT_TRUE(pending.Add(notice));
  }
  EXPECT_EQ(pending.Take().size(), 8u);
}

TEST(PendingNoticesTest, WhatThereIsNoRoomForIsRefusedAndWhatIsThereGoesOn) {
  PendingNotices pending(1);
  EXPECT_TRUE(pending.Add(At(1, Kind::kDead)));
  EXPECT_FALSE(pending.Add(At(1, Kind::kDead, "crm")));
  EXPECT_FALSE(pending.Add(Of("other")));
  EXPECT_TRUE(pending.Add(At(2, Kind::kDead)));
  const std::vector<Notice> taken = pending.Take();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].count, 2u);
}

TEST(PendingNoticesTest, ATenantHasHalfOfTheRoom) {
  PendingNotices pending(5);
  for (const char* const destination : {"a", "b", "c"}) {
    EXPECT_FALSE(pending.IsHalfFull());
    EXPECT_TRUE(pending.Add(At(1, Kind::kDead, destination)));
  }
  EXPECT_TRUE(pending.IsHalfFull());
  EXPECT_FALSE(pending.Add(At(1, Kind::kDead, "d")));
  EXPECT_TRUE(pending.Add(At(2, Kind::kDead, "a"))) << "it takes no more room";
  EXPECT_TRUE(pending.Add(Of("other")));
  EXPECT_EQ(pending.Take().size(), 4u);
  EXPECT_TRUE(pending.Add(At(3, Kind::kDead, "d")));
}

}  // namespace
}  // namespace carillon::notices
