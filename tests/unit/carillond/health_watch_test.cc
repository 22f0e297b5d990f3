// What the process says of its health while it starts, runs out of room, hangs and stops.

#include "health_watch.h"

#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace carillon::server {
namespace {

using std::chrono::seconds;

class HealthWatchTest : public testing::Test {
 protected:
  HealthWatchTest() {
    config_.journal.set_kept_bytes(1000);
    config_.journal.set_kept_events(1000);
    config_.journal.set_kept_total_bytes(10'000);
    config_.journal.set_kept_total_events(10'000);
    health_.SetNotReady("opening");
  }
  void Begin(bool accepting) {
    watch_.Begin(accepting, [this](bool serving) { served_.push_back(serving); });
  }
  /// The lines that a look at stores that do, or do not, accept events wrote.
  std::vector<std::string> Look(bool accepting, std::vector<store::Holder> holders = {}) {
    clock_.Advance(HealthWatch::kInterval);
    HealthWatch::Stores stores{.accepting = accepting, .free_bytes = 4711, .kept = {}};
    stores.kept.holders = std::move(holders);
    out_.str("");
    watch_.Look(stores);
    std::istringstream text(out_.str());
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }
  /// Whether there is one line, with all of that in it.
  static bool IsOne(const std::vector<std::string>& lines, const std::vector<std::string>& parts) {
    if (lines.size() != 1) return false;
    for (const std::string& part : parts) {
      if (lines[0].find(part) == std::string::npos) return false;
    }
    return true;
  }

  base::SimulatedClock clock_;
  std::ostringstream out_;
  std::unique_ptr<log::Logger> logger_ = log::Logger::Create(out_, log::Level::kInfo, clock_);
  config::Config config_;
  base::LoopWatch loops_{clock_, seconds(30)};
  admin::Health health_;
  std::vector<bool> served_;  // what the publishing port was told
  HealthWatch watch_{clock_, config_, loops_, health_, *logger_};
};

TEST_F(HealthWatchTest, NothingIsReadyBeforeItBegins) {
  EXPECT_TRUE(Look(false).empty());
  EXPECT_TRUE(Look(true).empty());
  EXPECT_FALSE(health_.Get().ready);
  EXPECT_EQ(health_.Get().reason, "opening");
  Begin(true);
  EXPECT_TRUE(health_.Get().ready);
  EXPECT_EQ(served_, std::vector{true});
  EXPECT_TRUE(Look(true).empty());
  EXPECT_FALSE(watch_.stopping());
}

TEST_F(HealthWatchTest, WithoutRoomItIsReadyNotEvenForAMoment) {
  Begin(false);
  EXPECT_FALSE(health_.Get().ready);
  EXPECT_EQ(health_.Get().reason, "journal refuses publishing for want of space");
  EXPECT_EQ(served_, std::vector{false});
  EXPECT_TRUE(IsOne(Look(false), {"publishing is refused", "4711"}));
}

TEST_F(HealthWatchTest, RoomThatIsThereBeforeTheFirstLookMakesItReady) {
  Begin(false);
  EXPECT_TRUE(Look(true).empty()) << "nobody was told that there was none";
  EXPECT_TRUE(health_.Get().ready);
  EXPECT_EQ(served_, (std::vector{false, true}));
  EXPECT_TRUE(IsOne(Look(false), {"publishing is refused"}));
}

TEST_F(HealthWatchTest, ItFollowsTheStores) {
  Begin(true);
  const store::Holder most{.tenant = "t", .name = "d", .bytes = 7};
  EXPECT_TRUE(IsOne(Look(false, {most}), {"publishing is refused", "4711", "t/d"}));
  EXPECT_FALSE(health_.Get().ready);
  EXPECT_TRUE(Look(false).empty()) << "it is told once";
  EXPECT_TRUE(IsOne(Look(true), {"publishing is accepted again", "4711"}));
  EXPECT_TRUE(health_.Get().ready);
  EXPECT_EQ(served_, (std::vector{true, false, true}));
}

TEST_F(HealthWatchTest, NothingMakesItReadyWhenItStops) {
  Begin(false);
  Look(false);
  watch_.Stop();
  EXPECT_TRUE(watch_.stopping());
  EXPECT_EQ(health_.Get().reason, "stopping");
  EXPECT_TRUE(Look(true).empty());
  EXPECT_FALSE(health_.Get().ready);
  EXPECT_EQ(health_.Get().reason, "stopping");
  EXPECT_EQ(served_, (std::vector{false, false}));
}

TEST_F(HealthWatchTest, WhoStopsBeforeItBeganTellsNobody) {
  watch_.Stop();
  EXPECT_EQ(health_.Get().reason, "stopping");
  EXPECT_TRUE(served_.empty());
}

TEST_F(HealthWatchTest, ALoopThatHangsIsToldOnceAndSoIsItsReturn) {
  absl::AnyInvocable<void()> answer;
  loops_.Add("delivery-1", [&answer](auto to) { answer = std::move(to); });
  EXPECT_TRUE(Look(true).empty());
  clock_.Advance(seconds(31));
  EXPECT_TRUE(IsOne(Look(true), {"an event loop is stuck", "delivery-1"}));
  EXPECT_NE(health_.Get().stuck.find("delivery-1"), std::string::npos);
  const std::string before = health_.Get().stuck;
  clock_.Advance(seconds(10));
  EXPECT_TRUE(Look(true).empty()) << "it is told once";
  EXPECT_NE(health_.Get().stuck, before) << "the page says for how long";
  answer();
  EXPECT_TRUE(IsOne(Look(true), {"every event loop goes round again"}));
  EXPECT_TRUE(health_.Get().stuck.empty());
}

TEST_F(HealthWatchTest, WhoHoldsTheJournalIsTold) {
  Begin(true);
  const store::Holder most{.tenant = "t", .name = "d", .bytes = 501};
  EXPECT_TRUE(IsOne(Look(true, {most}), {"a destination holds the journal", "t/d"}));
  EXPECT_TRUE(Look(true, {most}).empty());
}

}  // namespace
}  // namespace carillon::server
