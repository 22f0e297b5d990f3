// A configuration is in force on every delivery thread, or on none.

#include "carillon/engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <sstream>
#include <thread>

#include "carillon/base/descriptor_budget.h"
#include "carillon/config/file_source.h"
#include "carillon/web/server.h"

namespace carillon::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

/// Opens every lane but those that it is told not to; commits what it is given.
class StubJournal final : public store::EventLog,
                          public store::ShardStore,
                          public store::LaneRegistry {
 public:
  void Commit(std::shared_ptr<model::Event> event) {
    const std::lock_guard lock(mutex_);
    event->Accept(++position_, std::chrono::system_clock::now());
    const auto batch =
        std::make_shared<store::EventBatch>(store::EventBatch{{event}, position_, position_});
    events_.push_back(event);
    for (store::Consumer* consumer : consumers_) consumer->OnCommitted(batch);
  }
  std::string refused;             // the name of a destination
  std::function<void()> on_lanes;  // called on the delivery thread that opens some
  uint64_t parked = 0;             // of each lane
  std::vector<store::ListedLane> listed;
  std::vector<store::LaneId> retired;
  std::vector<store::RetiredLane> left;
  absl::Status marks;  // what becomes of them
  std::vector<std::string> taken_out;
  std::function<void()> on_taken_out;
  std::vector<store::LaneId> Closed() {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

  store::Stores stores() { return {*this, *this, *this}; }
  void AddConsumer(store::Consumer* consumer) override {
    const std::lock_guard lock(mutex_);
    consumers_.push_back(consumer);
  }
  void RemoveConsumer(store::Consumer* consumer) override {
    const std::lock_guard lock(mutex_);
    std::erase(consumers_, consumer);
  }
  void DeclareShards(uint32_t) override {}
  void TakeShard(store::ShardId,
                 absl::AnyInvocable<void(absl::StatusOr<store::ShardState>)> done) override {
    done(store::ShardState{.epoch = 1});
  }
  void ReleaseShard(store::ShardId shard, uint64_t) override { released.push_back(shard); }
  std::vector<store::ShardId> released;
  bool owns_none = false;  // when the first configuration comes in force
  size_t max_outstanding() const override { return 4; }
  void Append(std::vector<std::shared_ptr<model::Event>>, store::AppendDone) override {}
  void Settle(store::Settlement, absl::AnyInvocable<void(absl::Status)> done) override {
    EXPECT_TRUE(listed_) << "settled before what is not configured was marked";
    done(absl::OkStatus());
  }
  void Read(uint64_t from, size_t, absl::AnyInvocable<void(store::EventBatchPtr)> done) override {
    const std::lock_guard lock(mutex_);
    store::EventBatch batch{{}, from, position_};
    for (const auto& event : events_) {
      if (event->position() >= from) batch.events.push_back(event);
    }
    done(std::make_shared<store::EventBatch>(std::move(batch)));
  }
  void TakeDue(store::LaneId, base::WallTime, size_t,
               absl::AnyInvocable<void(store::DueDeliveries)> done) override {
    done({});
  }
  void TakeHeld(store::LaneId, store::GroupId, size_t,
                absl::AnyInvocable<void(store::DueDeliveries)> done) override {
    done({});
  }
  void TakeKept(store::LaneId, uint64_t, size_t,
                absl::AnyInvocable<void(store::DueDeliveries)> done) override {
    done({});
  }
  void ListParked(store::LaneId, uint64_t, store::ParkedKey, size_t,
                  absl::AnyInvocable<void(store::ParkedPage)> done) override {
    done({});
  }
  store::Demand demand() const override { return {}; }
  void OpenLanes(
      store::ShardId, std::vector<store::LaneName> names,
      absl::AnyInvocable<void(absl::StatusOr<std::vector<store::LaneState>>)> done) override {
    if (on_lanes) on_lanes();
    std::vector<store::LaneState> states;
    {
      const std::lock_guard lock(mutex_);
      for (const store::LaneName& name : names) {
        if (name.name == refused) return done(absl::ResourceExhaustedError("the disk is full"));
        states.push_back({.lane = ++lane_, .since = position_ + 1, .parked = parked});
      }
    }
    done(std::move(states));
  }
  void TakeOut(std::vector<store::OwnedLanes> lanes,
               absl::AnyInvocable<void(absl::Status)> done) override {
    for (const store::OwnedLanes& of : lanes) {
      for (const store::LaneName& name : of.names) taken_out.push_back(name.name);
    }
    if (!on_taken_out) return done(marks);
    // As a store that takes its time: the engine's thread goes on meanwhile.
    marking_ = std::async(std::launch::async, [this, done = std::move(done)]() mutable {
      on_taken_out();
      done(marks);
    });
  }
  void CloseLanes(store::OwnedLaneIds of) override {
    const std::lock_guard lock(mutex_);
    closed_.insert(closed_.end(), of.lanes.begin(), of.lanes.end());
  }
  void ListLanes(
      absl::AnyInvocable<void(absl::StatusOr<std::vector<store::ListedLane>>)> done) override {
    EXPECT_TRUE(owns_none || lane_ > 0) << "before the configured ones were opened";
    listed_ = true;
    done(listed);
  }
  void RetireLanes(
      std::vector<store::OwnedLaneIds> lanes,
      absl::AnyInvocable<void(absl::StatusOr<std::vector<store::RetiredLane>>)> done) override {
    retired.clear();
    for (const store::OwnedLaneIds& of : lanes) {
      retired.insert(retired.end(), of.lanes.begin(), of.lanes.end());
    }
    if (!marks.ok()) return done(marks);
    done(left);
  }
  void Stop() override {}
  LogStats log_stats() const override { return {}; }
  ShardStats shard_stats() const override { return {}; }

 private:
  std::vector<store::Consumer*> consumers_;
  std::atomic<uint64_t> position_{0};
  std::vector<model::EventPtr> events_;
  std::mutex mutex_;
  store::LaneId lane_ = 0;
  std::vector<store::LaneId> closed_;
  std::atomic<bool> listed_{false};
  std::future<void> marking_;
};

class EngineTest : public testing::Test {
 protected:
  void SetUp() override {
    web::Routes routes;
    routes.Add({.path = "/*",
                .methods = {"POST"},
                .handler = web::Immediate([this](const web::Request& request) {
                  const std::lock_guard lock(mutex_);
                  seen_.push_back(request.path);
                  changed_.notify_all();
                  return web::Response{};
                })});
    auto server = web::Server::Listen(io_, "127.0.0.1:0", std::move(routes));
    ASSERT_TRUE(server.ok());
    server_ = *std::move(server);
    thread_ = std::thread([this] { io_.run(); });
  }
  void TearDown() override {
    engine_.reset();
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  /// Destinations by name and path; `guard` lets them lead to this machine.
  config::Config Config(const std::vector<std::pair<std::string, std::string>>& destinations,
                        bool guard = true) {
    const std::string port = std::to_string(server_->port());
    std::string yaml = "guard:\n  allow_ports: [1-65535]\n";
    if (guard) yaml += "  allow_networks: [127.0.0.0/8, \"::1/128\"]\n";
    yaml += "delivery: {threads: 2}\nevent_types: [{name: a}]\ndestinations:\n";
    std::string names;
    for (const auto& [name, path] : destinations) {
      yaml += "  - {name: " + name + ", url: \"http://localhost:" + port + path + "\"}\n";
      names += (names.empty() ? "" : ", ") + name;
    }
    yaml += "subscriptions: [{name: all, types: [a], destinations: [" + names + "]}]\n";
    auto config = config::ParseConfig(yaml);
    EXPECT_TRUE(config.ok()) << config.status();
    return *std::move(config);
  }
  void Create(const config::Config& config, const ShardSettings& shards = {}) {
    auto engine = Engine::Create(config, clock_, connections_, journal_.stores(), *metrics_,
                                 *logger_, nullptr, shards);
    ASSERT_TRUE(engine.ok());
    engine_ = *std::move(engine);
  }
  absl::Status Apply(config::Config config) {
    ++revision_;
    const resource::SnapshotPtr next = config::TakeSnapshot(revision_, config, in_force_.get());
    absl::Status status = engine_->ApplyAndWait(next);
    if (status.ok()) in_force_ = next;
    return status;
  }
  /// Publishes one event; returns where it went, once it went to `n` places.
  std::vector<std::string> Deliver(size_t n) {
    journal_.Commit(model::Event::Create({.id = "e" + std::to_string(++published_),
                                          .type = "a",
                                          .tenant = "default",
                                          .payload = "1"}));
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(60), [&] { return seen_.size() >= n; });
    return std::exchange(seen_, {});
  }

  void Add(store::ShardId shard) {
    std::promise<absl::Status> told;
    engine_->AddShard(shard, [&told](absl::Status status) { told.set_value(std::move(status)); });
    EXPECT_EQ(told.get_future().get(), absl::OkStatus());
  }
  void Remove(store::ShardId shard) {
    std::promise<absl::Status> told;
    engine_->RemoveShard(shard, std::chrono::seconds(60),
                         [&told](absl::Status status) { told.set_value(std::move(status)); });
    EXPECT_EQ(told.get_future().get(), absl::OkStatus());
  }

  std::vector<std::string> InForce() {
    std::promise<std::vector<std::string>> names;
    engine_->ListPending([&names](const model::PendingReport& report) {
      std::vector<std::string> all;
      for (const model::Pending& pending : report.destinations) all.push_back(pending.name);
      names.set_value(std::move(all));
    });
    return names.get_future().get();
  }

  base::SystemClock clock_;
  base::DescriptorBudget connections_{100};
  std::unique_ptr<metrics::Metrics> metrics_ = metrics::Metrics::Create("test");
  std::ostringstream log_;
  std::unique_ptr<log::Logger> logger_ = log::Logger::Create(log_, log::Level::kInfo, clock_);
  StubJournal journal_;
  std::unique_ptr<Engine> engine_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  std::unique_ptr<web::Server> server_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> seen_;
  int published_ = 0;
  uint64_t revision_ = 0;
  resource::SnapshotPtr in_force_;
};

TEST_F(EngineTest, AConfigurationThatOneThreadCannotTakeIsTakenByNone) {
  const config::Config first = Config({{"a", "/a1"}, {"b", "/b1"}});
  Create(first);
  ASSERT_TRUE(Apply(first).ok());
  EXPECT_THAT(Deliver(2), UnorderedElementsAre("/a1", "/b1"));
  // The thread of `c` could, that of `d` cannot; and nothing may lead to this machine any more.
  const auto change = [&](bool guard) {
    return Config({{"a", "/a2"}, {"b", "/b2"}, {"c", "/c2"}, {"d", "/d2"}}, guard);
  };
  journal_.refused = "d";
  EXPECT_EQ(Apply(change(false)).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Deliver(2), UnorderedElementsAre("/a1", "/b1"));
  EXPECT_THAT(journal_.Closed(), ElementsAre(3)) << "what was opened for it is closed again";
  journal_.refused = "";
  ASSERT_TRUE(Apply(change(true)).ok());
  EXPECT_THAT(Deliver(4), UnorderedElementsAre("/a2", "/b2", "/c2", "/d2"));
}

TEST_F(EngineTest, AThreadThatHangsIsNoticedUntilItGoesOn) {
  const config::Config first = Config({{"a", "/a"}});
  Create(first);
  ASSERT_TRUE(Apply(first).ok());
  base::SimulatedClock clock;
  base::LoopWatch watch(clock, std::chrono::seconds(30));
  engine_->AddLoops(watch);
  const auto look_until = [&](bool stuck) {
    std::string found;
    for (int i = 0; i < 6'000; ++i) {
      clock.Advance(std::chrono::seconds(1));
      found = watch.Look();
      if (found.empty() != stuck) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return found;
  };
  EXPECT_EQ(look_until(false), "");
  std::promise<void> hang;
  std::shared_future<void> end = hang.get_future().share();
  journal_.on_lanes = [end] { end.wait(); };
  std::thread reload([&] { EXPECT_TRUE(Apply(Config({{"a", "/a"}, {"b", "/b"}})).ok()); });
  EXPECT_THAT(look_until(true), testing::StartsWith("the event loop delivery-"));
  hang.set_value();
  reload.join();
  EXPECT_EQ(look_until(false), "");
  watch.Stop();
}

TEST_F(EngineTest, ShardsComeAndGoWhileOthersAreServed) {
  const config::Config first =
      Config({{"a", "/a"}, {"b", "/b"}, {"c", "/c"}, {"d", "/d"}, {"e", "/e"}, {"f", "/f"}});
  Create(first, {.count = 3, .take_all = false});
  journal_.owns_none = true;
  ASSERT_TRUE(Apply(first).ok());
  EXPECT_THAT(InForce(), ElementsAre());
  for (const store::ShardId shard : {0u, 1u, 2u}) Add(shard);
  EXPECT_THAT(Deliver(6), UnorderedElementsAre("/a", "/b", "/c", "/d", "/e", "/f"));
  for (const store::ShardId shard : {1u, 2u, 1u, 0u}) {
    Remove(shard);
    EXPECT_THAT(journal_.released, ElementsAre(shard));
    journal_.released.clear();
    std::vector<std::string> paths;
    for (const std::string& name : InForce()) paths.push_back("/" + name);
    EXPECT_LT(paths.size(), 6u) << shard;
    EXPECT_THAT(Deliver(paths.size()), testing::UnorderedElementsAreArray(paths));
    engine_->RefreshGauges(std::chrono::seconds(60));
    Add(shard);
    EXPECT_THAT(Deliver(6), UnorderedElementsAre("/a", "/b", "/c", "/d", "/e", "/f"));
  }
  Remove(0);
  EXPECT_TRUE(engine_->Drain(std::chrono::seconds(60), [] { return false; }));
}

TEST_F(EngineTest, AFirstConfigurationThatCannotBeTakenClosesNothing) {
  const config::Config first = Config({{"a", "/a1"}, {"b", "/b1"}});
  Create(first);
  journal_.refused = "b";
  EXPECT_FALSE(Apply(first).ok());
  EXPECT_TRUE(journal_.Closed().empty());
}

TEST_F(EngineTest, WhatIsTakenOutIsMarkedBeforeTheChangeIsInForce) {
  const config::Config first = Config({{"a", "/a"}, {"b", "/b"}, {"c", "/c"}});
  Create(first);
  ASSERT_TRUE(Apply(first).ok());
  EXPECT_THAT(journal_.taken_out, ElementsAre());
  std::vector<std::string> in_force;
  journal_.on_taken_out = [&] { in_force = InForce(); };
  ASSERT_TRUE(Apply(Config({{"b", "/b2"}, {"d", "/d"}})).ok());
  EXPECT_THAT(in_force, UnorderedElementsAre("a", "b", "c")) << "when the marks were written";
  EXPECT_THAT(InForce(), UnorderedElementsAre("b", "d"));
  EXPECT_THAT(journal_.taken_out, UnorderedElementsAre("a", "c"));
  EXPECT_THAT(Deliver(2), UnorderedElementsAre("/b2", "/d"));
  journal_.on_taken_out = nullptr;
  journal_.taken_out.clear();
  ASSERT_TRUE(Apply(Config({{"a", "/a"}, {"b", "/b"}, {"d", "/d"}})).ok());
  EXPECT_THAT(journal_.taken_out, ElementsAre()) << "nothing was taken out";
}

TEST_F(EngineTest, AChangeWhoseMarksCannotBeWrittenIsTakenByNone) {
  const config::Config first = Config({{"a", "/a"}, {"b", "/b"}});
  Create(first);
  ASSERT_TRUE(Apply(first).ok());
  journal_.marks = absl::UnavailableError("the journal failed");
  EXPECT_EQ(Apply(Config({{"b", "/b2"}, {"c", "/c"}})).code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(Deliver(2), UnorderedElementsAre("/a", "/b"));
  EXPECT_THAT(journal_.Closed(), ElementsAre(3)) << "what was opened for it is closed again";
}

TEST_F(EngineTest, WhatDiedWithThoseTakenOutIsToldOfEachChange) {
  journal_.parked = 5;
  const config::Config first = Config({{"a", "/a"}, {"b", "/b"}, {"c", "/c"}});
  Create(first);
  ASSERT_TRUE(Apply(first).ok());
  const auto given_up = [this] {
    std::promise<Engine::GivenUp> answer;
    engine_->AwaitRemovals(std::chrono::seconds(60),
                           [&answer](Engine::GivenUp given_up) { answer.set_value(given_up); });
    const Engine::GivenUp all = answer.get_future().get();
    EXPECT_FALSE(all.counting);
    return all.deliveries;
  };
  EXPECT_EQ(given_up(), 0u);
  ASSERT_TRUE(Apply(Config({{"c", "/c"}})).ok());
  EXPECT_EQ(given_up(), 10u) << "of two threads";
  ASSERT_TRUE(Apply(Config({{"d", "/d"}})).ok());
  EXPECT_EQ(given_up(), 5u);
  EXPECT_EQ(given_up(), 0u);
}

TEST_F(EngineTest, WhatTheStoreHasOfOthersIsToldAtTheFirstConfigurationOnly) {
  const config::Config first = Config({{"a", "/a"}});
  Create(first);
  journal_.listed = {{.lane = 1, .name = {"default", "a"}},
                     {.lane = 11, .name = {"default", "gone"}},
                     {.lane = 12, .name = {"default", "a"}, .taken_out = true},
                     {.lane = 13, .name = {"default", "quiet"}}};
  journal_.left = {{.name = {"default", "gone"}, .parked = 3, .from = 5, .last = 9},
                   {.name = {"default", "a"}, .taken_out = true, .parked = 4},
                   {.name = {"default", "quiet"}, .from = 7, .last = 7}};
  ASSERT_TRUE(Apply(first).ok());
  EXPECT_THAT(journal_.retired, ElementsAre(11, 12, 13)) << "all but the one that is configured";
  ASSERT_TRUE(Apply(Config({{"b", "/b"}})).ok());
  const std::string metrics = metrics_->Render();
  EXPECT_THAT(metrics, testing::HasSubstr("carillon_given_up_total{reason=\"removed\"} 7\n"));
  EXPECT_THAT(metrics, testing::HasSubstr("\ncarillon_dead_total 7\n"));
  EXPECT_THAT(metrics, testing::Not(testing::HasSubstr("quiet"))) << "it had no rows";
  engine_.reset();
  logger_.reset();
  const auto has = [this](const std::string& when, const std::string& fields) {
    EXPECT_THAT(log_.str(), testing::ContainsRegex(when + "[^\n]*" + fields));
  };
  has("while the service was down",
      R"("destination":"default/gone","parked":3,"events_not_got":5,"from_position":5)");
  has("when the service ended",
      R"("destination":"default/a","parked":4,"events_not_got":0,"from_position":0)");
  has("while the service was down",
      R"("destination":"default/quiet","parked":0,"events_not_got":1,"from_position":7)");
}

}  // namespace
}  // namespace carillon::engine
