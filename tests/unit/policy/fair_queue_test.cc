#include "carillon/policy/fair_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "carillon/base/random.h"

namespace carillon::policy {
namespace {

constexpr int64_t kQuantum = 16 << 10;

struct Sender : FairItem<Sender> {
  explicit Sender(std::string_view owner, size_t bytes = 1024) : tenant(owner), size(bytes) {}
  std::string tenant;
  size_t size;  // of one thing it sends
  int64_t sent = 0;
};

class FairQueueTest : public testing::Test {
 protected:
  ~FairQueueTest() override {
    for (Sender& sender : senders_) queue_.Remove(sender);
  }
  Sender& Make(std::string_view tenant, size_t size = 1024) {
    Sender& sender = senders_.emplace_back(tenant, size);
    queue_.Add(sender, tenant);
    return sender;
  }
  Sender* Step() {
    Sender* next = queue_.Next();
    if (next == nullptr) return nullptr;
    queue_.Charge(*next, next->size);
    next->sent += static_cast<int64_t>(next->size);
    return next;
  }
  void Send(int64_t bytes) {
    while (bytes > 0) bytes -= static_cast<int64_t>(Step()->size);
  }
  std::map<std::string, int64_t> ByTenant() const {
    std::map<std::string, int64_t> sums;
    for (const Sender& sender : senders_) sums[sender.tenant] += sender.sent;
    return sums;
  }

  FairQueue<Sender> queue_;
  std::deque<Sender> senders_;
};

TEST_F(FairQueueTest, EmptyHasNobody) {
  EXPECT_EQ(queue_.Next(), nullptr);
  Sender& one = Make("a");
  EXPECT_TRUE(queue_.Has(one));
  queue_.Remove(one);
  queue_.Remove(one);
  EXPECT_FALSE(queue_.Has(one));
  EXPECT_EQ(queue_.Next(), nullptr);
  EXPECT_TRUE(queue_.empty());
}

TEST_F(FairQueueTest, NextStaysUntilItIsCharged) {
  Sender& one = Make("a");
  Make("a");
  EXPECT_EQ(queue_.Next(), &one);
  EXPECT_EQ(queue_.Next(), &one);
  queue_.Add(one, "a");
  EXPECT_EQ(queue_.Next(), &one);
}

TEST_F(FairQueueTest, EqualBytesWithUnequalSizes) {
  for (const size_t size : {600, 1024, 5000, 16'384, 100'000, 300'000}) Make("a", size);
  Send(100 << 20);
  const int64_t share = (100 << 20) / 6;
  for (const Sender& sender : senders_) {
    EXPECT_NEAR(sender.sent, share, 300'000 + kQuantum) << sender.size;
  }
}

TEST_F(FairQueueTest, OneDestinationGetsAsMuchAsAHundredOfAnotherTenant) {
  Make("one");
  for (int i = 0; i < 100; ++i) Make("hundred");
  Send(64 << 20);
  const auto sums = ByTenant();
  EXPECT_NEAR(sums.at("one"), 32 << 20, 2 * kQuantum);
  EXPECT_NEAR(sums.at("hundred"), 32 << 20, 2 * kQuantum);
  for (const Sender& sender : senders_) {
    if (sender.tenant == "hundred") EXPECT_NEAR(sender.sent, (32 << 20) / 100, 2 * kQuantum);
  }
}

TEST_F(FairQueueTest, TenantsWithUnequalSizes) {
  Make("small", 700);
  Make("large", 1 << 20);
  Send(256 << 20);
  const auto sums = ByTenant();
  EXPECT_NEAR(sums.at("small"), 128 << 20, (1 << 20) + kQuantum);
}

TEST_F(FairQueueTest, SmallThingsCostTheLeast) {
  Make("a", 1);
  Make("a", 512);
  std::map<size_t, int> steps;
  for (int i = 0; i < 6400; ++i) ++steps[Step()->size];
  EXPECT_NEAR(steps[1], steps[512], 32);
}

TEST_F(FairQueueTest, NobodyWaitsForMoreThanTheOthersQuanta) {
  Make("big", 1 << 20);
  for (int i = 0; i < 50; ++i) Make("small");
  Sender& last = Make("small");
  Send(8 << 20);
  for (int round = 0; round < 20; ++round) {
    int64_t others = 0;
    for (const Sender* next = Step(); next != &last; next = Step()) {
      others += static_cast<int64_t>(next->size);
    }
    EXPECT_LE(others, 2 * (51 * (kQuantum + 1024) + (1 << 20)));
    while (queue_.Next() == &last) Step();
  }
}

TEST_F(FairQueueTest, RemovalInTheMiddle) {
  for (int i = 0; i < 6; ++i) Make(i < 3 ? "a" : "b");
  for (int i = 0; i < 40; ++i) Step();
  Sender& front = *queue_.Next();
  queue_.Remove(front);
  queue_.Remove(senders_[front.tenant == "a" ? 4 : 1]);
  std::set<Sender*> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(Step());
  EXPECT_EQ(seen.size(), 4u);
  EXPECT_FALSE(seen.contains(&front));
}

TEST_F(FairQueueTest, LeavingAndComingAgainPaysNoDebts) {
  Sender& large = Make("a", 256 << 10);
  Sender& small = Make("a", 1024);
  Make("b", 1024);
  for (int i = 0; i < 40'000; ++i) {
    if (Step() != &large) continue;
    queue_.Remove(large);
    queue_.Add(large, "a");
  }
  EXPECT_NEAR(large.sent, small.sent, (256 << 10) + 2 * kQuantum);
  const auto sums = ByTenant();
  EXPECT_NEAR(sums.at("a"), sums.at("b"), (256 << 10) + 2 * kQuantum);
}

TEST_F(FairQueueTest, LeavingAndComingAgainSavesNoCredit) {
  Sender& hasty = Make("a", 1024);
  Make("a", 1024);
  for (int i = 0; i < 10'000; ++i) {
    queue_.Remove(hasty);
    queue_.Add(hasty, "a");
  }
  Send(1 << 20);
  EXPECT_NEAR(hasty.sent, 512 << 10, 2 * kQuantum);
}

TEST_F(FairQueueTest, AnIdleTenantSavesNothingUp) {
  Sender& idle = Make("idle");
  Sender& busy = Make("busy");
  Step();
  queue_.Remove(idle);
  Send(10 << 20);
  queue_.Add(idle, "idle");
  const int64_t before = busy.sent;
  const int64_t idle_before = idle.sent;
  Send(1 << 20);
  EXPECT_NEAR(busy.sent - before, 512 << 10, 2 * kQuantum);
  EXPECT_NEAR(idle.sent - idle_before, 512 << 10, 2 * kQuantum);
}

// Items come and go at random: among those that were there all the time, shares are equal.
TEST_F(FairQueueTest, SharesAreEqualWhileOthersComeAndGo) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    base::SeededRandom random(seed);
    FairQueue<Sender> queue;
    std::deque<Sender> all;
    for (int i = 0; i < 30; ++i) all.emplace_back(i < 10 ? "a" : "b", 600 + random.Next() % 30'000);
    for (Sender& sender : all) queue.Add(sender, sender.tenant);
    std::vector<Sender*> steady = {&all[0], &all[1], &all[10], &all[11]};
    for (int i = 0; i < 40'000; ++i) {
      Sender& any = all[random.Next() % all.size()];
      const bool stays = std::find(steady.begin(), steady.end(), &any) != steady.end();
      if (!stays && random.Unit() < 0.05) {
        queue.Has(any) ? queue.Remove(any) : queue.Add(any, any.tenant);
      }
      Sender* next = queue.Next();
      queue.Charge(*next, next->size);
      next->sent += static_cast<int64_t>(next->size);
    }
    EXPECT_NEAR(all[0].sent, all[1].sent, 4 * kQuantum);
    EXPECT_NEAR(all[10].sent, all[11].sent, 4 * kQuantum);
    int64_t a = 0;
    int64_t b = 0;
    for (const Sender& sender : all) (sender.tenant == "a" ? a : b) += sender.sent;
    EXPECT_NEAR(a, b, 4 * kQuantum);
    for (Sender& sender : all) queue.Remove(sender);
  }
}

TEST_F(FairQueueTest, ManyTenantsThatCameAndWent) {
  for (int i = 0; i < 10'000; ++i) {
    Sender passing("t" + std::to_string(i));
    queue_.Add(passing, passing.tenant);
    EXPECT_EQ(queue_.Next(), &passing);
    queue_.Remove(passing);
  }
  EXPECT_LT(queue_.known_tenants(), 200u);
}

}  // namespace
}  // namespace carillon::policy
