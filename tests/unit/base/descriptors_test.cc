#include "carillon/base/descriptors.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <string>

#include "carillon/base/descriptor_budget.h"

namespace carillon::base {
namespace {

TEST(Descriptors, SharesAddUpToTheLimitAndLeaveSomethingForAll) {
  for (const size_t limit : {100, 200, 1024, 4096, 65'536, 262'144}) {
    for (const size_t threads : {1, 2}) {
      const auto shares = ShareDescriptors(limit, 3, threads);
      ASSERT_TRUE(shares.ok()) << shares.status();
      EXPECT_EQ(shares->own + shares->admin + shares->publishers + shares->destinations, limit);
      EXPECT_GE(shares->admin, 4u);
      EXPECT_GE(shares->publishers, 4u);
      EXPECT_GE(shares->destinations, 8u);
    }
  }
  const auto usual = ShareDescriptors(1024, 3, 2);
  EXPECT_GT(usual->destinations, 700u);
  EXPECT_GT(ShareDescriptors(200, 3, 2)->destinations, 64u);
  EXPECT_LE(ShareDescriptors(262'144, 3, 2)->publishers, 8192u);
}

TEST(Descriptors, TooFewAreRefusedWithWhatIsNeeded) {
  size_t least = 0;
  while (!ShareDescriptors(least, 3, 2).ok()) ++least;
  EXPECT_GT(least, 40u);
  EXPECT_LT(least, 100u);
  EXPECT_FALSE(ShareDescriptors(least, 4, 2).ok()) << "what was inherited counts";
  EXPECT_FALSE(ShareDescriptors(least, 3, 3).ok());
  const std::string why(ShareDescriptors(24, 3, 2).status().message());
  EXPECT_THAT(why, testing::HasSubstr("at most 24 file descriptors"));
  EXPECT_THAT(why, testing::HasSubstr("at least " + std::to_string(least) + " are needed"));
  EXPECT_THAT(why, testing::HasSubstr("ulimit -n"));
}

TEST(Descriptors, TheSoftLimitIsRaisedAndNeverLowered) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 64;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  const size_t raised = RaiseDescriptorLimit();
  EXPECT_EQ(raised, std::min<rlim_t>(before.rlim_max, 262'144));
  rlimit after{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, raised);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(Descriptors, KnowsHowManyAreOpen) {
  const size_t before = OpenDescriptors();
  EXPECT_GE(before, 3u);
  FILE* file = std::fopen("/dev/null", "r");
  EXPECT_EQ(OpenDescriptors(), before + 1);
  std::fclose(file);
  EXPECT_EQ(OpenDescriptors(), before);
}

struct Waiter final : DescriptorBudget::Party {
  void OnPlace() override { ++places; }
  void OnWanted(size_t count) override { wanted = count; }
  size_t places = 0;
  size_t wanted = 0;
};

TEST(DescriptorBudget, NeverMoreThanItsPlaces) {
  DescriptorBudget budget(2);
  EXPECT_TRUE(budget.TryTake());
  EXPECT_TRUE(budget.TryTake());
  EXPECT_FALSE(budget.TryTake());
  budget.Give();
  EXPECT_TRUE(budget.TryTake());
  EXPECT_EQ(budget.taken(), 2u);
}

TEST(DescriptorBudget, APlaceGoesToTheOneWhoWaitsLongestAndTheOthersAreAskedForOne) {
  DescriptorBudget budget(1);
  Waiter a, b;
  budget.Join(a);
  budget.Join(b);
  EXPECT_TRUE(budget.TakeOrWait(a));
  EXPECT_FALSE(budget.wanted());
  EXPECT_FALSE(budget.TakeOrWait(b));
  EXPECT_TRUE(budget.wanted());
  EXPECT_EQ(a.wanted, 1u);
  EXPECT_EQ(b.wanted, 0u) << "it knows itself what it wants";
  EXPECT_FALSE(budget.TakeOrWait(a));
  budget.Give();
  EXPECT_EQ(b.places, 1u);
  EXPECT_EQ(a.places, 0u);
  EXPECT_FALSE(budget.TryTake()) << "a waits, nobody comes before it";
  budget.Give();
  EXPECT_EQ(a.places, 1u);
  EXPECT_FALSE(budget.wanted());
  budget.Give();
  EXPECT_EQ(budget.taken(), 0u);
}

TEST(DescriptorBudget, WhoLeavesIsNotCalledAndDelaysNobody) {
  DescriptorBudget budget(1);
  Waiter a, b;
  budget.Join(a);
  budget.Join(b);
  EXPECT_TRUE(budget.TryTake());
  EXPECT_FALSE(budget.TakeOrWait(a));
  EXPECT_FALSE(budget.TakeOrWait(b));
  budget.Leave(a);
  budget.Give();
  EXPECT_EQ(a.places, 0u);
  EXPECT_EQ(b.places, 1u);
  EXPECT_EQ(budget.waiting(), 0u);
}

}  // namespace
}  // namespace carillon::base
