// What follows a delivery that died where the destination wants it held, and when it goes on.

#include "dispatcher_support.h"

namespace carillon::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class StuckGroupsTest : public DispatcherTest {
 protected:
  StuckGroupsTest() {
    a_.order = {.by = model::Ordering::kKey, .after_dead = model::AfterDead::kHold};
    a_.retry.delays.clear();
    a_.breaker.reset();
    end_.status = 500;
  }
  void Publish(const std::string& id, const std::string& key) {
    journal_->accepted_at = clock_.Wall();
    journal_->Append(
        {model::Event::Create(
            {.id = id, .type = "a", .tenant = "t", .ordering_key = key, .payload = "1"})},
        {});
  }
  /// What follows a dead delivery goes on from now on.
  void Continue() {
    a_.order.after_dead = model::AfterDead::kContinue;
    ASSERT_TRUE(SetTable({a_}).ok());
  }

  /// Releases what is held of a key, or of all; returns how many that were, nullopt: it goes on.
  std::optional<uint64_t> Release(std::optional<std::string> key = std::nullopt) {
    auto released = std::make_shared<uint64_t>(0);
    // It may be told after this call.
    const auto told = std::make_shared<std::optional<absl::Status>>();
    dispatcher_->Command({.tenant = "t",
                          .name = "a",
                          .command = LaneCommand::kRelease,
                          .ordering_key = std::move(key),
                          .released = released},
                         [told](absl::Status status) { *told = std::move(status); });
    RunFor(seconds(1));
    if (!*told) return std::nullopt;
    EXPECT_TRUE((*told)->ok()) << **told;
    return *released;
  }

  model::Destination a_ = Named("a");
};

TEST_F(StuckGroupsTest, ACallReleasesOneKeyOrAllAndTheNextDeadHoldsAgain) {
  ASSERT_TRUE(SetTable({a_}).ok());
  Publish("e1", "k");
  Publish("e2", "l");
  RunFor(seconds(10));
  Publish("e3", "k");
  Publish("e4", "l");
  Publish("e5", "l");
  end_.status = 200;
  RunFor(seconds(10));
  ASSERT_EQ(ended_.size(), 2u);
  EXPECT_EQ(Release("k"), 1u);
  EXPECT_EQ(ended_.back(), "a e3");
  EXPECT_EQ(Release("k"), 0u) << "nothing of it is held any more";
  EXPECT_EQ(ended_.size(), 3u);
  EXPECT_EQ(Release(), 2u);
  EXPECT_EQ(ended_.back(), "a e5");
  EXPECT_TRUE(store_.parked.empty());
  end_.status = 500;
  Publish("e6", "k");
  RunFor(seconds(10));
  Publish("e7", "k");
  end_.status = 200;
  RunFor(seconds(10));
  EXPECT_EQ(ended_.back(), "a e6");
  EXPECT_EQ(Release(), 1u);
  EXPECT_EQ(ended_.back(), "a e7");
}

TEST_F(StuckGroupsTest, MoreAreReleasedThanOneAnswerHolds) {
  ASSERT_TRUE(SetTable({a_}).ok());
  for (int i = 0; i < 600; ++i) Publish("d" + std::to_string(i), "k" + std::to_string(i));
  RunFor(seconds(30));
  ASSERT_EQ(ended_.size(), 600u);
  end_.status = 200;
  for (int i = 0; i < 600; ++i) Publish("e" + std::to_string(i), "k" + std::to_string(i));
  RunFor(seconds(30));
  ASSERT_EQ(ended_.size(), 600u);
  EXPECT_EQ(Release(), 600u);
  RunFor(seconds(30));
  EXPECT_EQ(ended_.size(), 1200u);
  EXPECT_TRUE(store_.parked.empty());
}

TEST_F(StuckGroupsTest, WhatIsReleasedOfADisabledOneWaitsForIt) {
  ASSERT_TRUE(SetTable({a_}).ok());
  Publish("e1", "k");
  RunFor(seconds(10));
  Publish("e2", "k");
  end_.status = 200;
  RunFor(seconds(10));
  dispatcher_->Command({.tenant = "t", .name = "a", .command = LaneCommand::kDisable},
                       [](const absl::Status&) {});
  EXPECT_EQ(Release(), 1u);
  RunFor(seconds(10));
  EXPECT_EQ(ended_.size(), 1u);
  dispatcher_->Command({.tenant = "t", .name = "a", .command = LaneCommand::kEnable},
                       [](const absl::Status&) {});
  RunFor(seconds(10));
  EXPECT_EQ(ended_.back(), "a e2");
}

// The journal is asked for marks at the call, and cannot know of this one yet.
TEST_F(StuckGroupsTest, AMarkThatIsDurableOnlyAfterTheCallIsReleasedToo) {
  ASSERT_TRUE(SetTable({a_}).ok());
  on_start_ = [this] { journal_->write_delay = seconds(100); };
  Publish("e1", "k");
  Publish("e2", "k");
  while (ended_.empty()) ASSERT_TRUE(executor_.Step());
  end_.status = 200;
  on_start_ = {};
  EXPECT_FALSE(Release().has_value());
  ASSERT_TRUE(store_.parked.empty()) << "the mark is durable too early for this test";
  journal_->write_delay = milliseconds(2);
  RunFor(seconds(1000));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e1", "a e2"}));
  EXPECT_TRUE(store_.parked.empty());
}

TEST_F(StuckGroupsTest, TheEndAnswersAReleaseThatGoesOn) {
  ASSERT_TRUE(SetTable({a_}).ok());
  on_start_ = [this] { journal_->write_delay = seconds(100); };
  Publish("e1", "k");
  while (ended_.empty()) ASSERT_TRUE(executor_.Step());
  std::optional<absl::Status> told;
  dispatcher_->Command({.tenant = "t", .name = "a", .command = LaneCommand::kRelease},
                       [&told](absl::Status status) { told = std::move(status); });
  EXPECT_FALSE(told);
  ASSERT_TRUE(SetTable({Named("b")}).ok());
  dispatcher_.reset();
  ASSERT_TRUE(told);
  EXPECT_FALSE(told->ok());
}

TEST_F(StuckGroupsTest, WhatFollowsTheDeadIsHeldUntilTheDestinationChanges) {
  ASSERT_TRUE(SetTable({a_}).ok());
  Publish("e1", "k");
  Publish("e2", "k");
  RunFor(seconds(10));
  end_.status = 200;
  RunFor(seconds(1000));
  EXPECT_EQ(ended_, std::vector<std::string>{"a e1"});
  Continue();
  RunFor(seconds(10));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e1", "a e2"}));
  EXPECT_TRUE(store_.parked.empty());
  static_cast<DispatcherImpl&>(*dispatcher_).ForEachLane([](Lane& lane) {
    EXPECT_EQ(lane.groups().marks_under_way(), 0u) << "its removal is durable";
  });
}

// The journal is asked for marks at the change, and cannot know of this one yet.
TEST_F(StuckGroupsTest, AMarkThatIsDurableOnlyAfterTheChangeHoldsNothing) {
  ASSERT_TRUE(SetTable({a_}).ok());
  on_start_ = [this] { journal_->write_delay = seconds(100); };
  Publish("e1", "k");
  Publish("e2", "k");
  while (ended_.empty()) ASSERT_TRUE(executor_.Step());
  ASSERT_TRUE(store_.parked.empty()) << "the mark is durable too early for this test";
  end_.status = 200;
  on_start_ = {};
  Continue();
  RunFor(milliseconds(100));
  ASSERT_TRUE(store_.parked.empty()) << "the mark is durable too early for this test";
  journal_->write_delay = milliseconds(2);
  RunFor(seconds(1000));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e1", "a e2"}));
  EXPECT_TRUE(store_.parked.empty());
}

// Which wrote a number of the configuration where other rows have attempts.
TEST_F(StuckGroupsTest, AMarkOfAnEarlierVersionHoldsUntilItIsReleased) {
  ASSERT_TRUE(SetTable({a_}).ok());
  Publish("e1", "k");
  Publish("e2", "k");
  RunFor(seconds(10));
  end_.status = 200;
  for (auto& [id, row] : store_.parked) {
    if (SimStore::IsMark(id)) row.attempts = 7;
  }
  dispatcher_.reset();
  executor_.Clear();
  Create();
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(1000));
  EXPECT_EQ(ended_, std::vector<std::string>{"a e1"});
  EXPECT_EQ(Release(), 1u);
  RunFor(seconds(10));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e1", "a e2"}));
  EXPECT_TRUE(store_.parked.empty());
}

TEST_F(StuckGroupsTest, TheMarkOfABatchIsBehindTheLastOfItsGroup) {
  a_.format = model::Format::kArray;
  a_.batch = {.max_events = 10, .max_bytes = 10'000, .max_wait = seconds(1)};
  ASSERT_TRUE(SetTable({a_}).ok());
  Publish("e1", "k");
  Publish("e2", "k");
  RunFor(seconds(10));
  ASSERT_EQ(ended_.size(), 1u) << "together";
  ASSERT_EQ(store_.parked.size(), 1u);
  EXPECT_TRUE(SimStore::IsMark(store_.parked.begin()->first));
  EXPECT_EQ(std::get<2>(store_.parked.begin()->first), 2u);
}

TEST_F(StuckGroupsTest, WhatDiesWhileItsDestinationIsOffHoldsNothing) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.after = seconds(5);
  Publish("e1", "k");
  RunFor(seconds(1));
  a_.enabled = false;
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(10));
  EXPECT_TRUE(store_.dead.contains({1, 1}));
  EXPECT_TRUE(store_.parked.empty()) << "there is no mark";
  a_.enabled = true;
  end_ = {};
  ASSERT_TRUE(SetTable({a_}).ok());
  Publish("e2", "k");
  RunFor(seconds(10));
  EXPECT_TRUE(store_.delivered.contains({1, 2}));
}

TEST_F(StuckGroupsTest, InStrictOrderNothingIsWrittenOfWhatWaits) {
  a_.order.by = model::Ordering::kStrict;
  a_.retry.delays = {std::chrono::hours(1)};
  ASSERT_TRUE(SetTable({a_}).ok());
  for (int i = 0; i < 5; ++i) Publish("e" + std::to_string(i), "");
  RunFor(seconds(10));
  EXPECT_EQ(ended_.size(), 1u);
  EXPECT_EQ(store_.parked.size(), 1u) << "the one that is tried again";
}

TEST_F(StuckGroupsTest, MoreGroupsGoOnThanOneAnswerHolds) {
  constexpr int kGroups = 600;
  ASSERT_TRUE(SetTable({a_}).ok());
  for (int i = 0; i < kGroups; ++i) {
    const std::string key = "k" + std::to_string(i);
    Publish(key + "-first", key);
    Publish(key + "-second", key);
  }
  RunFor(seconds(60));
  ASSERT_EQ(ended_.size(), size_t{kGroups});
  end_.status = 200;
  Continue();
  RunFor(seconds(60));
  EXPECT_EQ(ended_.size(), size_t{2 * kGroups});
  EXPECT_TRUE(store_.parked.empty());
}

// Nothing will change the destination that drops them: what is held is dropped too.
TEST_F(StuckGroupsTest, WhereADisabledDestinationDropsNothingIsHeld) {
  a_.disabling.drop_deliveries = true;
  ASSERT_TRUE(SetTable({a_}).ok());
  Publish("e1", "k");
  Publish("e2", "k");
  RunFor(seconds(10));
  ASSERT_EQ(store_.parked.size(), 2u) << "the mark and the row of e2";
  end_.status = 410;
  Publish("e3", "other");
  RunFor(seconds(10));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e1", "a e3"}));
  EXPECT_TRUE(store_.parked.empty());
  EXPECT_EQ(store_.dead.size(), 3u);
}

}  // namespace
}  // namespace carillon::delivery
