// A change goes its way in steps: nobody waits for the threads, and the next follows.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <sstream>

#include "apply_operation.h"
#include "await_removals.h"
#include "engine_fakes.h"
#include "operation.h"
#include "order_operation.h"
#include "status_question.h"

namespace carillon::engine {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class Applying : public testing::Test {
 protected:
  Applying() {
    for (store::ShardId shard = 0; shard < 2; ++shard) {
      state_.Begin(shard, {.epoch = 1});
      shards_[shard] = host_.made.back().shard;
    }
  }

  /// A snapshot of destinations, which go to the shards by turns.
  resource::SnapshotPtr Of(const std::vector<std::string>& names, uint32_t limit = 1) {
    std::vector<model::Destination> destinations;
    for (const std::string& name : names) {
      model::Destination destination;
      destination.tenant = "t";
      destination.name = name;
      destination.url = "http://h/";
      destinations.push_back(std::move(destination));
    }
    resource::OperatorSettings settings;
    settings.max_in_flight = limit;
    before_ = resource::MakeSnapshot(++revision_, settings, {"x"}, std::move(destinations), {},
                                     before_.get());
    return before_;
  }
  /// What it is told comes into `told_` under this name.
  void Apply(const std::string& name, resource::SnapshotPtr snapshot) {
    operations_.Add(std::make_unique<ApplyOperation>(
        state_, std::move(snapshot), [this, name](const absl::Status& status) {
          told_.push_back(name + " " + std::string(absl::StatusCodeToString(status.code())));
        }));
    host_.Run();
  }
  /// From the first snapshot on.
  void Begin(const std::vector<std::string>& names) {
    Apply("first", Of(names));
    SetReady();
    SetCommitted();
    EXPECT_THAT(std::exchange(told_, {}), ElementsAre("first OK"));
  }
  void SetReady() {
    for (FakeShard* shard : shards_) shard->SetReady();
    host_.Run();
  }
  void SetCommitted() {
    for (FakeShard* shard : shards_) shard->SetCommitted();
    host_.Run();
  }
  void AwaitRemovals() {
    operations_.Add(std::make_unique<AwaitRemovalsOperation>(
        state_, seconds(2), [this](const Engine::GivenUp& given_up) {
          told_.push_back((given_up.counting ? "counting " : "counted ") +
                          std::to_string(given_up.deliveries));
        }));
    host_.Run();
  }
  void Count(size_t shard, uint64_t deliveries) {
    auto& counted = shards_[shard]->counted;
    ASSERT_FALSE(counted.empty());
    auto answer = std::move(counted.front());
    counted.erase(counted.begin());
    answer(deliveries);
    host_.Run();
  }

  StepHost host_;
  FakeStore store_;
  FakeShard* shards_[2] = {};
  std::unique_ptr<metrics::Metrics> metrics_ = metrics::Metrics::Create("test");
  std::ostringstream log_;
  std::unique_ptr<log::Logger> logger_ = log::Logger::Create(log_, log::Level::kError, host_.clock);
  delivery::AllTables all_tables_;
  std::vector<uint32_t> limits_;  // that were put in force
  EngineState state_{
      .host = std::shared_ptr<ThreadHost>(&host_, [](auto*) {}),
      .clock = host_.clock,
      .stores = store_.stores(),
      .metrics = *metrics_,
      .logger = *logger_,
      .set_settings =
          [this](const auto& snapshot) { limits_.push_back(snapshot->settings->max_in_flight); },
      .options_of = [](store::ShardId, uint64_t) { return DeliveryShardOptions(); },
      .all_tables = all_tables_,
      .place_by = PlaceBy::kFewest,
      .shards = std::vector<EngineState::Shard>(2),
      .tables = TableSet(2),
      .begun = false};
  uint64_t revision_ = 0;
  resource::SnapshotPtr before_;
  std::vector<std::string> told_;
  Operations operations_{host_};
};

TEST_F(Applying, AllPrepareBeforeOneCommits) {
  Apply("first", Of({"a", "b"}, 7));
  shards_[0]->SetReady();
  host_.Run();
  EXPECT_EQ(shards_[0]->commits, 0);
  EXPECT_THAT(limits_, IsEmpty()) << "nothing of it is in force";
  shards_[1]->SetReady();
  host_.Run();
  EXPECT_EQ(shards_[0]->commits, 1);
  EXPECT_EQ(shards_[1]->commits, 1);
  EXPECT_THAT(limits_, ElementsAre(7));
  shards_[1]->SetCommitted();
  host_.Run();
  EXPECT_THAT(told_, IsEmpty());
  shards_[0]->SetCommitted();
  host_.Run();
  EXPECT_THAT(told_, ElementsAre("first OK"));
}

TEST_F(Applying, WhatOneCannotTakeTheOthersForget) {
  Begin({"a", "b"});
  Apply("second", Of({"a", "b", "c", "d"}, 9));
  shards_[0]->SetReady();
  shards_[1]->SetReady(absl::ResourceExhaustedError("the disk is full"));
  host_.Run();
  EXPECT_EQ(shards_[0]->discards, 1);
  EXPECT_EQ(shards_[1]->discards, 0) << "it has nothing to forget";
  EXPECT_EQ(shards_[0]->commits, 1);
  EXPECT_THAT(told_, ElementsAre("second RESOURCE_EXHAUSTED"));
  EXPECT_THAT(limits_, ElementsAre(1));
  EXPECT_EQ(state_.tables.tables()[0]->places(), 1u);
}

TEST_F(Applying, WhatIsTakenOutIsMarkedBeforeItIsInForce) {
  Begin({"a", "b", "c"});
  Apply("second", Of({"b"}));
  shards_[0]->SetReady();
  host_.Run();
  EXPECT_THAT(store_.taken_out, ElementsAre("a", "c"));
  EXPECT_EQ(shards_[0]->commits, 1) << "not yet";
  std::exchange(store_.marked, nullptr)(absl::OkStatus());
  host_.Run();
  EXPECT_EQ(shards_[0]->commits, 2);
  EXPECT_EQ(shards_[1]->commits, 1) << "nothing changes there";
}

TEST_F(Applying, AChangeWhoseMarksCannotBeWrittenIsForgotten) {
  Begin({"a", "b", "c"});
  Apply("second", Of({"b"}));
  shards_[0]->SetReady();
  host_.Run();
  std::exchange(store_.marked, nullptr)(absl::UnavailableError("it failed"));
  host_.Run();
  EXPECT_EQ(shards_[0]->discards, 1);
  EXPECT_EQ(shards_[0]->commits, 1);
  EXPECT_THAT(told_, ElementsAre("second UNAVAILABLE"));
}

TEST_F(Applying, TheNextBeginsWhenTheOneBeforeIsOver) {
  Begin({"a", "b"});
  Apply("second", Of({"a", "b", "c", "d"}));
  Apply("third", Of({"a", "b", "c", "d", "e", "f"}));
  EXPECT_EQ(shards_[0]->table->places(), 2u);
  SetReady();
  EXPECT_EQ(shards_[0]->ready, nullptr) << "the second is not in force everywhere";
  SetCommitted();
  EXPECT_THAT(told_, ElementsAre("second OK"));
  EXPECT_EQ(shards_[0]->table->places(), 3u);
  SetReady();
  SetCommitted();
  EXPECT_THAT(told_, ElementsAre("second OK", "third OK"));
}

TEST_F(Applying, WhatChangesNothingOnAnyThreadIsInForceAtOnce) {
  Begin({"a", "b"});
  Apply("second", Of({"a", "b"}, 5));
  EXPECT_THAT(told_, ElementsAre("second OK"));
  EXPECT_THAT(limits_, ElementsAre(1, 5));
}

TEST_F(Applying, TheFirstRetiresWhatIsNotConfigured) {
  store_.lanes = {{.lane = 1, .name = {"t", "a"}},
                  {.lane = 2, .name = {"t", "gone"}},
                  {.lane = 3, .name = {"t", "b"}, .taken_out = true}};
  Begin({"a", "b"});
  EXPECT_THAT(store_.retired, ElementsAre(2, 3));
}

TEST_F(Applying, WhatIsUnderWayAndWhatWaitsIsToldWhenTheEngineStops) {
  Begin({"a", "b"});
  Apply("second", Of({"a", "b", "c", "d"}));
  Apply("third", Of({"a"}));
  shards_[0]->SetReady();
  operations_.Stop();
  EXPECT_THAT(told_, ElementsAre("second UNAVAILABLE", "third UNAVAILABLE"));
  shards_[1]->SetReady();
  host_.Run();
  EXPECT_EQ(shards_[0]->commits, 1) << "what is answered later leads to nothing";
  Apply("fourth", Of({"b"}));
  AwaitRemovals();
  EXPECT_THAT(told_, ElementsAre("second UNAVAILABLE", "third UNAVAILABLE", "fourth UNAVAILABLE",
                                 "counting 0"));
}

TEST_F(Applying, WhatIsBeingCommittedIsInForceThoughTheEngineStops) {
  Begin({"a", "b"});
  Apply("second", Of({"a", "b", "c", "d"}));
  SetReady();
  operations_.Stop();
  EXPECT_THAT(told_, ElementsAre("second OK"));
  SetCommitted();
  EXPECT_THAT(told_, ElementsAre("second OK")) << "once";
}

TEST_F(Applying, WhatTheEnginesThreadDidNotComeToIsToldByWhoEndsIt) {
  host_.Stop();
  Apply("first", Of({"a"}));
  EXPECT_THAT(told_, IsEmpty());
  operations_.Stop();
  EXPECT_THAT(told_, ElementsAre("first UNAVAILABLE"));
}

TEST_F(Applying, RemovalsAreAwaitedUntilAllAreCounted) {
  Begin({"a", "b"});
  AwaitRemovals();
  Count(0, 3);
  EXPECT_THAT(told_, IsEmpty());
  Count(1, 4);
  EXPECT_THAT(told_, ElementsAre("counted 7"));
  host_.Advance(seconds(3));
  EXPECT_THAT(told_, ElementsAre("counted 7")) << "once";
  AwaitRemovals();
  Count(0, 3);
  Count(1, 6);
  EXPECT_THAT(told_, ElementsAre("counted 7", "counted 2")) << "since it was asked last";
}

TEST_F(Applying, RemovalsAreAwaitedForSoLongOnly) {
  Begin({"a", "b"});
  AwaitRemovals();
  Apply("second", Of({"a", "b", "c", "d"}));
  Count(0, 3);
  host_.Advance(seconds(1));
  EXPECT_EQ(shards_[1]->ready, nullptr) << "the next change waits for it";
  host_.Advance(seconds(2));
  EXPECT_THAT(told_, ElementsAre("counting 3"));
  Count(1, 5);
  EXPECT_THAT(told_, ElementsAre("counting 3")) << "nobody waits for it any more";
  SetReady();
  SetCommitted();
  AwaitRemovals();
  Count(0, 3);
  Count(1, 5);
  EXPECT_THAT(told_, ElementsAre("counting 3", "second OK", "counted 5"));
}

TEST_F(Applying, WhatIsMadeAgainGoesToTheShardOfItsDestination) {
  const auto give = [this](const std::string& name) {
    operations_.Add(std::make_unique<ResendOperation>(
        state_,
        delivery::ResendOrder{
            .place = 99, .tenant = "t", .name = name, .items = {{.position = 7, .bytes = 1}}},
        [this, name](const absl::StatusOr<size_t>& taken) {
          told_.push_back(name + " " +
                          std::string(absl::StatusCodeToString(taken.status().code())));
        }));
    host_.Run();
  };
  Begin({"a", "b"});
  give("b");
  const auto* const at = state_.tables.Find("t", "b");
  ASSERT_NE(at, nullptr);
  ASSERT_EQ(shards_[at->shard]->resent.size(), 1u);
  EXPECT_EQ(shards_[at->shard]->resent[0].place, at->place);
  EXPECT_EQ(shards_[at->shard]->resent[0].items[0].position, 7u);
  give("d");
  operations_.Stop();
  give("a");
  EXPECT_THAT(told_, ElementsAre("b OK", "d NOT_FOUND", "a UNAVAILABLE"));
}

TEST_F(Applying, ACommandGoesToTheShardOfItsDestinationBehindTheChangeUnderWay) {
  const auto give = [this](const std::string& name) {
    operations_.Add(std::make_unique<CommandOperation>(
        state_,
        delivery::LaneOrder{
            .place = 99, .tenant = "t", .name = name, .command = delivery::LaneCommand::kDisable},
        [this, name](const absl::Status& status) {
          told_.push_back(name + " " + std::string(absl::StatusCodeToString(status.code())));
        }));
    host_.Run();
  };
  Begin({"a", "b"});
  Apply("second", Of({"a", "b", "c"}));
  give("c");
  EXPECT_THAT(told_, IsEmpty()) << "it overtook the change that brings its destination";
  for (FakeShard* shard : shards_) {
    if (shard->ready != nullptr) shard->SetReady();
  }
  host_.Run();
  for (FakeShard* shard : shards_) {
    if (shard->committed != nullptr) shard->SetCommitted();
  }
  host_.Run();
  EXPECT_THAT(told_, ElementsAre("second OK", "c OK"));
  const auto* const at = state_.tables.Find("t", "c");
  ASSERT_NE(at, nullptr);
  ASSERT_EQ(shards_[at->shard]->orders.size(), 1u);
  EXPECT_EQ(shards_[at->shard]->orders[0].place, at->place);
  give("d");
  EXPECT_EQ(told_.back(), "d NOT_FOUND");
  operations_.Stop();
  give("a");
  EXPECT_EQ(told_.back(), "a UNAVAILABLE");
}

class Asking : public Applying {
 protected:
  void Ask(std::vector<std::string> names) {
    std::vector<store::LaneName> lanes;
    for (std::string& name : names) lanes.push_back({"t", std::move(name)});
    question_ = std::make_shared<StatusQuestion>(
        std::move(lanes), [this](Engine::Statuses told) { heard_ = std::move(told); });
    question_->Ask(state_, callbacks_);
    host_.Run();
  }
  /// A shard tells of what it was asked first that so many wait.
  void Tell(size_t shard, uint64_t queued) {
    ASSERT_FALSE(shards_[shard]->described.empty());
    auto [lanes, done] = std::move(shards_[shard]->described.front());
    shards_[shard]->described.erase(shards_[shard]->described.begin());
    delivery::DestinationStatus status;
    status.queued = queued;
    done(Engine::Statuses(lanes.size(), status));
    host_.Run();
  }

  const EngineCallbacks callbacks_{state_.host};
  std::shared_ptr<StatusQuestion> question_;
  std::optional<Engine::Statuses> heard_;
};

TEST_F(Asking, EachShardIsAskedOnceForAllOfItsOwn) {
  Begin({"a", "b", "c"});
  Ask({"c", "nobody", "b", "a"});
  ASSERT_EQ(shards_[0]->described.size(), 1u);
  ASSERT_EQ(shards_[1]->described.size(), 1u);
  for (FakeShard* shard : shards_) {
    for (const delivery::LanePlace& lane : shard->described[0].first) {
      const auto* const at = state_.tables.Find("t", lane.name);
      ASSERT_NE(at, nullptr);
      EXPECT_EQ(lane.place, at->place);
      EXPECT_EQ(shards_[at->shard], shard);
    }
  }
  Tell(1, 1);
  EXPECT_FALSE(heard_) << "the other has not told";
  Tell(0, 0);
  ASSERT_TRUE(heard_);
  ASSERT_EQ(heard_->size(), 4u);
  EXPECT_FALSE((*heard_)[1]) << "there is no such one";
  const std::vector<std::string> names{"c", "nobody", "b", "a"};
  for (const size_t i : {0u, 2u, 3u}) {
    ASSERT_TRUE((*heard_)[i]);
    EXPECT_EQ((*heard_)[i]->queued, state_.tables.Find("t", names[i])->shard);
  }
}

TEST_F(Asking, AThreadIsAskedForAFewAtATime) {
  std::vector<std::string> names;
  for (int i = 0; i < 300; ++i) names.push_back("d" + std::to_string(i));
  Begin(names);
  Ask(names);
  size_t lanes = 0;
  for (FakeShard* shard : shards_) {
    while (!shard->described.empty()) {
      EXPECT_LE(shard->described.front().first.size(), StatusQuestion::kAtOnce);
      lanes += shard->described.front().first.size();
      EXPECT_FALSE(heard_);
      Tell(shard == shards_[0] ? 0 : 1, 1);
    }
  }
  EXPECT_EQ(lanes, 300u);
  ASSERT_TRUE(heard_);
  for (const auto& status : *heard_) EXPECT_TRUE(status.has_value());
}

TEST_F(Asking, WhoIsBusyForTooLongIsLeftOut) {
  Begin({"a", "b"});
  Ask({"a", "b"});
  const auto shard = state_.tables.Find("t", "a")->shard;
  Tell(shard, 5);
  EXPECT_FALSE(heard_);
  question_->Answer();
  ASSERT_TRUE(heard_);
  EXPECT_TRUE((*heard_)[0].has_value());
  EXPECT_FALSE((*heard_)[1].has_value());
  heard_.reset();
  Tell(1 - shard, 5);
  question_.reset();
  EXPECT_FALSE(heard_) << "it was answered twice";
}

TEST_F(Asking, TheEndIsAnAnswer) {
  Begin({"a"});
  Ask({"a"});
  for (FakeShard* shard : shards_) shard->described.clear();
  question_.reset();
  ASSERT_TRUE(heard_);
  EXPECT_EQ(heard_->size(), 1u);
}

TEST_F(Asking, OfNoneThereIsAnAnswerAtOnce) {
  Begin({"a"});
  Ask({"nobody"});
  ASSERT_TRUE(heard_);
  EXPECT_EQ(heard_->size(), 1u);
}

}  // namespace
}  // namespace carillon::engine
