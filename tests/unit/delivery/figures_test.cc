// What a shard counts of all its destinations together: parts of attempts, what routing made of
// events.

#include "figures_support.h"

namespace carillon::delivery {
namespace {

using metrics::AttemptPhase;
using std::chrono::milliseconds;
using std::chrono::seconds;

// --- Parts of attempts.

TEST_F(FiguresTest, PartsOfAttemptsAreObservedFailedOrNot) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.times = {.dns = milliseconds(1),
                .connect = milliseconds(2),
                .first_byte = milliseconds(3),
                .body = milliseconds(0)};
  PublishMany(1);
  RunFor(seconds(1));
  end_ = {.wire = model::Outcome::kConnectTimeout,
          .status = 0,
          .times = {.dns = milliseconds(4), .connect = seconds(5)}};
  PublishMany(1);
  RunFor(seconds(1));
  EXPECT_EQ(Phase(AttemptPhase::kDns).count, 2u);
  EXPECT_DOUBLE_EQ(Phase(AttemptPhase::kDns).seconds, 0.005);
  EXPECT_DOUBLE_EQ(Phase(AttemptPhase::kConnect).seconds, 5.002);
  EXPECT_EQ(Phase(AttemptPhase::kTls).count, 0u);
  EXPECT_EQ(Phase(AttemptPhase::kFirstByte).count, 1u);
  EXPECT_DOUBLE_EQ(Phase(AttemptPhase::kFirstByte).seconds, 0.003);
  EXPECT_EQ(Phase(AttemptPhase::kBody).count, 1u);
}

TEST_F(FiguresTest, ThoseOfACancelledOneAreNot) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_ = {.wire = model::Outcome::kCancelled, .status = 0, .times = {.dns = seconds(4)}};
  PublishMany(1);
  RunFor(milliseconds(10));
  EXPECT_EQ(Phase(AttemptPhase::kDns).count, 0u);
}

// --- What routing made of events.

TEST_F(FiguresTest, ConnectionsAreThoseOfItsCourier) {
  courier_.counts = {.connecting = 1, .busy = 2, .idle = 3};
  dispatcher_->PublishGauges();
  const auto are = [this](metrics::ConnectionState state) {
    return metrics_.shard->connections[static_cast<size_t>(state)].load();
  };
  EXPECT_EQ(are(metrics::ConnectionState::kConnecting), 1u);
  EXPECT_EQ(are(metrics::ConnectionState::kBusy), 2u);
  EXPECT_EQ(are(metrics::ConnectionState::kIdle), 3u);
}

TEST_F(FiguresTest, DeliveriesAndEventsThatNobodyWantsAreCountedByType) {
  tell_ = "a";  // wants nothing that is published
  ASSERT_TRUE(SetTable({a_}).ok());
  PublishMany(3);
  RunFor(seconds(1));
  const size_t place = metrics_.types.at("a");
  EXPECT_EQ(metrics_.shard->unrouted[place].Get(), 3u);
  EXPECT_EQ(metrics_.shard->created[place].Get(), 0u);
  ASSERT_TRUE(SetTable({a_, Named("b"), Named("c")}).ok());
  PublishMany(4);
  RunFor(seconds(1));
  EXPECT_EQ(metrics_.shard->unrouted[place].Get(), 3u);
  EXPECT_EQ(metrics_.shard->created[place].Get(), 8u);
}

TEST_F(FiguresTest, OfADestinationThatCameLaterOnlyWhatCameAfterIt) {
  ASSERT_TRUE(SetTable({a_}).ok());
  PublishMany(3);  // not routed before the table, and before the destination's first
  ASSERT_TRUE(SetTable({a_, Named("b")}).ok());
  PublishMany(2);
  RunFor(seconds(1));
  EXPECT_EQ(store_.delivered.size(), 7u);
  EXPECT_EQ(metrics_.shard->created[metrics_.types.at("a")].Get(), store_.delivered.size());
}

TEST_F(FiguresTest, OfADestinationThatFellBehindToo) {
  options_.max_lane_bytes = 4000;
  Create();
  a_.concurrency = 1;
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.after = milliseconds(10);
  PublishMany(500);
  RunFor(seconds(20));
  EXPECT_EQ(store_.delivered.size(), 500u);
  EXPECT_EQ(metrics_.shard->created[metrics_.types.at("a")].Get(), 500u);
}

TEST_F(FiguresTest, WhatIsReadAgainAfterAStartIsNotCountedAgain) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.after = seconds(1000);
  PublishMany(3);
  RunFor(seconds(1));
  executor_.Clear();
  courier_.flights.clear();
  dispatcher_.reset();
  end_ = {};
  Create();
  ASSERT_TRUE(SetTable({a_}).ok());
  PublishMany(1);
  RunFor(seconds(5));
  EXPECT_EQ(store_.delivered.size(), 4u);
  EXPECT_EQ(metrics_.shard->created[metrics_.types.at("a")].Get(), 1u);
}

TEST_F(FiguresTest, WhatAnotherShardWantsIsNotUnroutedAndOneOfThemSaysSo) {
  tell_ = "a";
  const auto other = [](std::vector<std::string> wanted) {
    return std::make_shared<SimTable>(std::vector<model::Destination>{Named("z")},
                                      [wanted](const std::string&, const model::Event& event) {
                                        return std::ranges::count(wanted, event.id()) > 0;
                                      });
  };
  AllTables tables;
  options_.shard = 0;
  options_.tables = &tables;
  Create();
  ASSERT_TRUE(SetTable({a_}).ok());
  tables.Set({other({}), other({"e1"})});
  PublishMany(6);  // at positions 1 to 6; this shard speaks for the even ones, e1, e3, e5
  RunFor(seconds(1));
  EXPECT_EQ(metrics_.shard->unrouted[metrics_.types.at("a")].Get(), 2u);
}

}  // namespace
}  // namespace carillon::delivery
