// Shards are taken and given up while others are served.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "add_shard.h"
#include "apply_operation.h"
#include "await_removals.h"
#include "engine_fakes.h"
#include "operation.h"
#include "remove_shard.h"

namespace carillon::engine {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr size_t kShards = 5;

class Handover : public testing::Test {
 protected:
  /// A name of tenant `t` that is in this shard.
  static std::string NameIn(store::ShardId shard, int which = 0) {
    for (int i = 0;; ++i) {
      const std::string name = "d" + std::to_string(i);
      if (ShardOf("t", name, kShards) == shard && which-- == 0) return name;
    }
  }
  resource::SnapshotPtr Of(const std::vector<std::string>& names) {
    std::vector<model::Destination> destinations;
    for (const std::string& name : names) {
      model::Destination destination;
      destination.tenant = "t";
      destination.name = name;
      destination.url = "http://h/";
      destinations.push_back(std::move(destination));
    }
    before_ =
        resource::MakeSnapshot(++revision_, {}, {"x"}, std::move(destinations), {}, before_.get());
    return before_;
  }
  auto TellAs(const std::string& name) {
    return [this, name](const absl::Status& status) {
      told_.push_back(name + " " + std::string(absl::StatusCodeToString(status.code())));
    };
  }
  template <typename Kind, typename... Args>
  void Do(Args... args) {
    operations_.Add(std::make_unique<Kind>(state_, std::move(args)...));
    host_.Run();
  }
  void Apply(const std::vector<std::string>& names) {
    Do<ApplyOperation>(Of(names), TellAs("apply"));
  }
  void Add(store::ShardId shard) { Do<AddShardOperation>(shard, TellAs("add")); }
  /// Until it is served.
  void AddWhole(store::ShardId shard) {
    told_.clear();
    Add(shard);
    made(shard).SetReady();
    host_.Run();
    made(shard).SetCommitted();
    host_.Run();
    EXPECT_THAT(std::exchange(told_, {}), ElementsAre("add OK"));
  }
  void Remove(store::ShardId shard) {
    Do<RemoveShardOperation>(shard, seconds(3), TellAs("remove"));
  }
  /// The last that was made for it.
  FakeShard& made(store::ShardId shard) {
    return static_cast<FakeShard&>(*state_.shards[shard].delivery);
  }
  void Answer(absl::AnyInvocable<void()>& waiting) {
    ASSERT_NE(waiting, nullptr);
    std::exchange(waiting, nullptr)();
    host_.Run();
  }

  StepHost host_;
  FakeStore store_;
  std::unique_ptr<metrics::Metrics> metrics_ = metrics::Metrics::Create("test");
  std::ostringstream log_;
  std::unique_ptr<log::Logger> logger_ = log::Logger::Create(log_, log::Level::kInfo, host_.clock);
  delivery::AllTables all_tables_;
  EngineState state_{.host = std::shared_ptr<ThreadHost>(&host_, [](auto*) {}),
                     .clock = host_.clock,
                     .stores = store_.stores(),
                     .metrics = *metrics_,
                     .logger = *logger_,
                     .set_settings = [](const auto&) {},
                     .options_of = [](store::ShardId, uint64_t) { return DeliveryShardOptions(); },
                     .all_tables = all_tables_,
                     .place_by = PlaceBy::kName,
                     .shards = std::vector<EngineState::Shard>(kShards),
                     .tables = TableSet(kShards, PlaceBy::kName),
                     .begun = false};
  uint64_t revision_ = 0;
  resource::SnapshotPtr before_;
  std::vector<std::string> told_;
  Operations operations_{host_};
};

TEST_F(Handover, AShardIsServedByTheSnapshotInForce) {
  Apply({NameIn(1), NameIn(2)});
  EXPECT_THAT(std::exchange(told_, {}), ElementsAre("apply OK")) << "it owns nothing yet";
  Add(2);
  EXPECT_THAT(store_.taken, ElementsAre(2));
  EXPECT_THAT(told_, IsEmpty());
  ASSERT_NE(made(2).table, nullptr);
  EXPECT_EQ(made(2).table->at(0)->name, NameIn(2));
  made(2).SetReady();
  host_.Run();
  EXPECT_EQ(made(2).commits, 1);
  EXPECT_THAT(told_, IsEmpty());
  made(2).SetCommitted();
  host_.Run();
  EXPECT_THAT(told_, ElementsAre("add OK"));
}

TEST_F(Handover, ShardsAreSpreadOverThreadsWhicheverItOwns) {
  Apply({});
  for (const store::ShardId shard : {4u, 1u, 0u, 3u}) AddWhole(shard);
  std::vector<std::pair<size_t, uint64_t>> threads;
  for (const auto& made : host_.made) threads.emplace_back(made.thread, made.epoch);
  EXPECT_THAT(threads, ElementsAre(Pair(0, 1), Pair(1, 2), Pair(0, 3), Pair(1, 4)));
}

TEST_F(Handover, OneThatWasTakenBeforeAnythingIsInForceBeginsWithTheFirst) {
  Add(1);
  EXPECT_THAT(told_, ElementsAre("add OK"));
  EXPECT_EQ(made(1).ready, nullptr);
  Apply({NameIn(1)});
  made(1).SetReady();
  host_.Run();
  EXPECT_EQ(made(1).commits, 1);
}

TEST_F(Handover, OnlyItsOwnShardsAreAskedAndMarked) {
  Apply({NameIn(1), NameIn(2)});
  AddWhole(1);
  told_.clear();
  Apply({});
  made(1).SetReady();
  host_.Run();
  EXPECT_THAT(store_.taken_out, ElementsAre(NameIn(1))) << "the other has its own owner";
}

// Of an owner that does not know yet that it was deposed, the store marks nothing.
TEST_F(Handover, WhatGoesIsMarkedUnderTheEpochsOfItsShards) {
  Apply({NameIn(1), NameIn(2), NameIn(2, 1)});
  AddWhole(2);
  AddWhole(1);
  Apply({});
  made(1).SetReady();
  made(2).SetReady();
  host_.Run();
  EXPECT_THAT(store_.taken_out_by, ElementsAre(Pair(1, 2), Pair(2, 1)));
  EXPECT_THAT(store_.taken_out, UnorderedElementsAre(NameIn(1), NameIn(2), NameIn(2, 1)));
}

TEST_F(Handover, WhatWentWhileNobodyHadTheShardIsRetired) {
  store_.lanes = {{.lane = 1, .name = {"t", NameIn(1)}},
                  {.lane = 2, .name = {"t", NameIn(1, 1)}},
                  {.lane = 3, .name = {"t", NameIn(1)}, .taken_out = true},
                  {.lane = 4, .name = {"t", NameIn(3)}},
                  {.lane = 5, .name = {"t", NameIn(2)}}};
  Apply({NameIn(1)});
  EXPECT_THAT(store_.retired, IsEmpty()) << "it owns none of them";
  AddWhole(1);
  EXPECT_THAT(store_.retired, ElementsAre(2, 3));
  EXPECT_THAT(store_.retired_by, ElementsAre(Pair(1, 1))) << "as the owner that it is now";
  AddWhole(2);
  EXPECT_THAT(store_.retired, ElementsAre(5)) << "of that shard only";
}

TEST_F(Handover, TheFirstSnapshotRetiresInItsOwnShardsOnly) {
  store_.lanes = {{.lane = 1, .name = {"t", NameIn(1)}}, {.lane = 2, .name = {"t", NameIn(2)}}};
  Add(1);
  Apply({});
  made(1).SetReady();
  host_.Run();
  EXPECT_THAT(store_.retired, ElementsAre(1));
  EXPECT_THAT(store_.retired_by, ElementsAre(Pair(1, 1)));
}

TEST_F(Handover, OneThatCannotBeServedIsGivenBack) {
  Apply({NameIn(1)});
  Add(1);
  made(1).SetReady(absl::ResourceExhaustedError("the disk is full"));
  host_.Run();
  EXPECT_THAT(store_.released, IsEmpty()) << "not before it was ended";
  Answer(made(1).ended);
  EXPECT_THAT(store_.released, ElementsAre(Pair(1, 1)));
  EXPECT_THAT(told_, ElementsAre("apply OK", "add RESOURCE_EXHAUSTED"));
  EXPECT_FALSE(state_.Owns(1));
  AddWhole(1);
  EXPECT_TRUE(state_.Owns(1));
}

TEST_F(Handover, WhatCannotBeTakenIsRefused) {
  Apply({});
  Add(kShards);
  EXPECT_EQ(told_.back(), "add INVALID_ARGUMENT");
  AddWhole(1);
  Add(1);
  EXPECT_THAT(told_, ElementsAre("add ALREADY_EXISTS"));
  store_.refused = absl::UnavailableError("it failed");
  Add(2);
  EXPECT_THAT(told_, ElementsAre("add ALREADY_EXISTS", "add UNAVAILABLE"));
  Remove(2);
  EXPECT_THAT(told_, ElementsAre("add ALREADY_EXISTS", "add UNAVAILABLE", "remove NOT_FOUND"));
}

TEST_F(Handover, ItIsDrainedThenEndedThenReleased) {
  Apply({});
  AddWhole(1);
  Remove(1);
  EXPECT_EQ(made(1).grace, seconds(3));
  EXPECT_EQ(made(1).ended, nullptr);
  Answer(made(1).drained);
  EXPECT_THAT(store_.released, IsEmpty());
  EXPECT_TRUE(state_.Owns(1));
  Answer(made(1).ended);
  EXPECT_THAT(store_.released, ElementsAre(Pair(1, 1)));
  EXPECT_THAT(told_, ElementsAre("remove OK"));
  EXPECT_FALSE(state_.Owns(1));
  host_.Advance(seconds(60));
  EXPECT_EQ(store_.released.size(), 1u);
}

TEST_F(Handover, OutcomesThatAreNotWrittenAreWaitedForSoLongOnly) {
  Apply({});
  AddWhole(1);
  Remove(1);
  host_.Advance(seconds(7));
  EXPECT_EQ(made(1).ended, nullptr);
  host_.Advance(seconds(2));
  ASSERT_NE(made(1).ended, nullptr);
  made(1).drained();
  host_.Run();
  Answer(made(1).ended);
  EXPECT_THAT(told_, ElementsAre("remove OK"));
  logger_.reset();
  EXPECT_THAT(log_.str(), testing::HasSubstr("before all outcomes were written"));
}

TEST_F(Handover, AChangeWaitsForAHandover) {
  Apply({});
  AddWhole(1);
  Remove(1);
  Apply({NameIn(1)});
  EXPECT_EQ(made(1).ready, nullptr);
  Answer(made(1).drained);
  Answer(made(1).ended);
  EXPECT_THAT(told_, ElementsAre("remove OK", "apply OK"));
}

TEST_F(Handover, ADeposedOwnerGivesItUpWithoutGrace) {
  Apply({});
  AddWhole(1);
  Do<RemoveShardOperation>(1u, uint64_t{1});
  EXPECT_EQ(made(1).grace, seconds(0));
  Answer(made(1).drained);
  Answer(made(1).ended);
  EXPECT_FALSE(state_.Owns(1));
  AddWhole(1);
  Do<RemoveShardOperation>(1u, uint64_t{1});
  EXPECT_EQ(made(1).grace.count(), -1) << "it was of an earlier epoch";
  EXPECT_TRUE(state_.Owns(1));
  logger_.reset();
  EXPECT_THAT(log_.str(), testing::HasSubstr("another owner"));
}

TEST_F(Handover, WhatIsUnderWayWhenTheEngineStopsIsTold) {
  Apply({});
  AddWhole(1);
  Remove(1);
  Add(2);
  operations_.Stop();
  EXPECT_THAT(told_, ElementsAre("remove UNAVAILABLE", "add UNAVAILABLE"));
  made(1).drained();
  host_.Run();
  EXPECT_EQ(made(1).ended, nullptr);
}

TEST_F(Handover, RemovalsOfAnEngineWithoutShardsAreOver) {
  Do<AwaitRemovalsOperation>(seconds(2), [this](const Engine::GivenUp& given_up) {
    told_.push_back(given_up.counting ? "counting" : "counted");
  });
  EXPECT_THAT(told_, ElementsAre("counted"));
}

TEST_F(Handover, WithoutAFixedCountNothingIsTakenOver) {
  EngineState by_fewest{.host = state_.host,
                        .clock = host_.clock,
                        .stores = store_.stores(),
                        .metrics = *metrics_,
                        .logger = *logger_,
                        .set_settings = [](const auto&) {},
                        .options_of = state_.options_of,
                        .all_tables = all_tables_,
                        .place_by = PlaceBy::kFewest,
                        .shards = std::vector<EngineState::Shard>(2),
                        .tables = TableSet(2),
                        .begun = false};
  operations_.Add(std::make_unique<AddShardOperation>(by_fewest, 0, TellAs("add")));
  host_.Run();
  EXPECT_THAT(told_, ElementsAre("add FAILED_PRECONDITION"));
}

TEST(ShardOf, IsTheSameForEver) {
  EXPECT_EQ(ShardOf("acme", "orders", 32), 14u);
  EXPECT_EQ(ShardOf("acme", "billing", 32), 5u);
  EXPECT_EQ(ShardOf("globex", "orders", 32), 25u);
  EXPECT_EQ(ShardOf("default", "a", 4096), 679u);
}

TEST(ShardOf, SpreadsNamesThatDifferLittle) {
  std::vector<int> counts(32);
  for (int i = 0; i < 3200; ++i) ++counts[ShardOf("t", "destination-" + std::to_string(i), 32)];
  for (const int count : counts) {
    EXPECT_GT(count, 60);
    EXPECT_LT(count, 150);
  }
}

TEST(ShardOf, TellsTenantsApart) { EXPECT_NE(ShardOf("a", "bc", 4096), ShardOf("ab", "c", 4096)); }

}  // namespace
}  // namespace carillon::engine
