#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dispatcher_impl.h"
#include "sim_journal.h"
#include "sim_parts.h"

namespace carillon::delivery {

/// A shard with its journal and its receivers, driven through chance: publishing, reloads, failing
/// and recovering receivers, clock jumps, crashes, drains. Small bounds, so that lanes fall behind
/// and memory runs out all the time.
class SimWorld {
 public:
  explicit SimWorld(uint64_t seed) : random_(seed), executor_(clock_, random_) {
    store_.wants = [](const std::string& name, uint64_t position) { return Wants(name, position); };
    options_.max_lane_bytes = 1500 + Below(6000);
    options_.max_memory_bytes = 4000 + Below(40'000);
    options_.read_bytes = 500 + Below(4000);
    options_.max_unsettled_news = 20 + Below(200);
    options_.max_tracked = 8 + Below(60);
    options_.max_hold = std::chrono::milliseconds(20 + Below(5000));
    slow_disk_ = Below(3) == 0;
    lane_count_ = 2 + Below(6);
    for (size_t i = 0; i < lane_count_; ++i) {
      ChangeReceiver(i);
      budgets_.push_back({.ratio = static_cast<double>(Below(8)) / 10,
                          .min_per_second = Below(3) == 0 ? 1.0 : 5.0 + Below(300)});
    }
    ChooseDestinations();
    StartProcess();
  }

  /// Chance for `actions` steps, then peace until all is settled; then everything is checked.
  void Run(size_t actions) {
    for (size_t i = 0; i < actions; ++i) {
      RunFor(std::chrono::microseconds(Below(30'000)));
      Act();
      if (testing::Test::HasFailure()) return;
    }
    peace_ = true;
    Publish();  // whatever was accepted before is delivered in any case
    const base::MonoTime limit = clock_.Mono() + std::chrono::hours(3);
    while (!(changes_ == 0 && store_.Complete()) && clock_.Mono() < limit && executor_.Step()) {
      if (testing::Test::HasFailure()) return;
    }
    EXPECT_TRUE(store_.Complete()) << "stands still at watermark " << store_.watermark << " of "
                                   << store_.last() << ", parked " << store_.parked.size();
    store_.CheckComplete();
  }

  size_t deliveries() const { return store_.delivered.size(); }
  size_t deaths() const { return store_.dead.size(); }
  size_t fell_behind() const { return fell_behind_; }
  size_t retries() const { return retries_; }
  size_t pauses() const { return pauses_; }

 private:
  enum class Mode { kHealthy, kSlow, kFailing, kBlackHole, kRefusing, kFlaky, kThrottling };

  static constexpr std::chrono::seconds kRetryAfterCap{2};

  uint64_t Below(uint64_t n) { return random_.Next() % n; }

  /// Which events a destination wants never changes: `d<i>` takes one in (i % 3 + 1).
  static bool Wants(const std::string& name, uint64_t number) {
    const auto i = static_cast<uint64_t>(std::stoi(name.substr(1)));
    return number % (i % 3 + 1) == 0;
  }

  void ChangeReceiver(size_t i) { modes_["d" + std::to_string(i)] = static_cast<Mode>(Below(7)); }

  void ChooseDestinations() {
    destinations_.clear();
    for (size_t i = 0; i < lane_count_; ++i) {
      if (Below(6) == 0) continue;
      model::Destination d;
      d.tenant = "t";
      d.name = "d" + std::to_string(i);
      d.url = "http://" + d.name + ".test/hook";
      d.concurrency = static_cast<uint32_t>(1 + Below(6));
      d.total_timeout = std::chrono::milliseconds(500);
      d.retry.retry_after_cap = kRetryAfterCap;
      d.retry.budget = budgets_[i];
      if (Below(5) != 0) {
        for (size_t n = Below(6); n > 0; --n) {
          d.retry.delays.push_back(std::chrono::milliseconds(1 + Below(3000)));
        }
        if (Below(4) == 0) d.retry.max_age = std::chrono::milliseconds(1000 + Below(10'000));
      }
      destinations_.push_back(std::move(d));
    }
  }

  void StartProcess() {
    journal_ = std::make_unique<SimJournal>(store_, executor_, random_);
    if (slow_disk_) journal_->write_delay = std::chrono::milliseconds(30);
    courier_ = std::make_unique<SimCourier>(
        executor_, clock_, [this](const SimCourier::Flight& flight) { return Receive(flight); });
    courier_->on_end = [this](const SimCourier::Flight& flight, const http::Response& response) {
      const auto pair = PairOf(flight);
      const bool success = response.wire == model::Outcome::kSuccess && response.status == 200;
      NotePause(pair.first, response);
      if (success) EXPECT_TRUE(answered_.insert(pair).second) << "delivered twice in one life";
    };
    dispatcher_ = std::make_unique<DispatcherImpl>(options_, clock_, random_, *journal_, *courier_,
                                                   executor_, metrics_);
    executor_.SetDispatcher(dispatcher_.get());
    journal_->AddConsumer(dispatcher_.get());
    last_fresh_.clear();
    answered_.clear();
    paused_until_.clear();
    retry_tokens_.clear();
    changes_ = 0;
    // What is not configured any more when a process starts is owed nothing.
    Excuse();
    SetTable();
  }

  void Crash() {
    executor_.Clear();
    dispatcher_.reset();
    courier_.reset();
    journal_.reset();
    StartProcess();
  }

  void DrainAndRestart() {
    bool drained = false;
    draining_ = true;
    dispatcher_->Drain([&drained] { drained = true; });
    RunFor(std::chrono::milliseconds(Below(400)));
    courier_->CancelAll();
    for (size_t steps = 0; !drained && steps < 100'000; ++steps) executor_.Step();
    EXPECT_TRUE(drained) << "draining never ended";
    EXPECT_TRUE(courier_->flights.empty());
    draining_ = false;
    Crash();
  }

  void Excuse() {
    for (const auto& [id, lane] : store_.lanes) {
      const bool configured = std::any_of(destinations_.begin(), destinations_.end(),
                                          [&](const auto& d) { return d.name == lane.name.name; });
      if (!configured) store_.excused.insert(id);
    }
  }

  void SetTable() {
    Excuse();
    ++changes_;
    auto table = std::make_shared<SimTable>(destinations_,
                                            [](const std::string& name, const model::Event& event) {
                                              return Wants(name, event.position());
                                            });
    dispatcher_->SetTable(table, [this](absl::Status status) {
      EXPECT_TRUE(draining_ || status.ok()) << status.ToString();
      --changes_;
      Excuse();  // a lane that an earlier table opened may be gone in a later one
    });
  }

  void Publish() {
    std::vector<std::shared_ptr<model::Event>> events;
    for (size_t n = 1 + Below(12); n > 0; --n) {
      const std::string payload = "\"" + std::string(Below(10) == 0 ? Below(3000) : 10, 'x') + "\"";
      const std::string id = "e" + std::to_string(++published_);
      events.push_back(
          model::Event::Create({.id = id, .type = "a.b", .tenant = "t", .payload = payload}));
    }
    journal_->accepted_at = clock_.Wall();
    journal_->Append(std::move(events), {});
  }

  void Act() {
    switch (Below(20)) {
      case 0:
        ChooseDestinations();
        SetTable();
        break;
      case 1: {
        const auto jump = std::chrono::seconds(Below(14'400)) - std::chrono::hours(2);
        clock_.JumpWall(jump);
        break;
      }
      case 2:
        if (Below(2) == 0) Crash();
        break;
      case 3:
        if (Below(3) == 0) DrainAndRestart();
        break;
      case 4:
      case 5:
      case 6:
        ChangeReceiver(Below(lane_count_));
        break;
      case 7:
        RunFor(std::chrono::milliseconds(Below(3000)));
        break;
      default:
        Publish();
    }
  }

  void RunFor(std::chrono::microseconds time) {
    const base::MonoTime until = clock_.Mono() + time;
    bool there = false;
    executor_.At(until, [&there] { there = true; });
    while (!there && executor_.Step()) CheckBounds();
  }

  void CheckBounds() {
    dispatcher_->ForEachLane([this](Lane& lane) {
      EXPECT_LT(lane.fresh_bytes(), options_.max_lane_bytes + 4000);
      if (lane.cursor()) ++fell_behind_;
    });
    // Over the bound there can be: what is in flight, its bodies, one event, retries just taken.
    EXPECT_LT(dispatcher_->held_bytes(), options_.max_memory_bytes + 7 * 8 * 7000 + 200'000);
  }

  SimStore::Pair PairOf(const SimCourier::Flight& flight) const {
    const std::string name = flight.host.substr(0, flight.host.find('.'));
    SimStore::Pair pair{0, 0};
    for (const auto& [id, lane] : store_.lanes) {
      if (lane.name.name == name && !lane.closed) pair.first = id;
    }
    for (const auto& event : store_.events) {
      if (event->id() == flight.event_id) pair.second = event->position();
    }
    return pair;
  }

  SimCourier::End Receive(const SimCourier::Flight& flight) {
    CheckAttempt(PairOf(flight));
    if (peace_) return {.after = std::chrono::microseconds(100)};
    const std::chrono::microseconds quick(500 + Below(5000));
    switch (modes_.at(flight.host.substr(0, flight.host.find('.')))) {
      case Mode::kHealthy:
        return {.after = quick};
      case Mode::kSlow:
        return {.after = std::chrono::milliseconds(50 + Below(400))};
      case Mode::kFailing:
        return {.status = 503, .after = quick};
      case Mode::kBlackHole:
        return {model::Outcome::kResponseTimeout, 0, std::chrono::milliseconds(500)};
      case Mode::kRefusing:
        return {model::Outcome::kConnectRefused, 0, std::chrono::microseconds(Below(100))};
      case Mode::kFlaky:
        return {.status = static_cast<uint16_t>(Below(2) == 0 ? 200 : 500), .after = quick};
      case Mode::kThrottling:
        return Throttle(quick);
    }
    return {};
  }

  SimCourier::End Throttle(std::chrono::microseconds after) {
    constexpr uint16_t kStatuses[] = {429, 502, 503, 504};
    SimCourier::End end{.status = kStatuses[Below(4)], .after = after};
    const uint64_t wait = Below(6);  // from below the shortest pause to beyond the cap
    if (wait < 5) end.retry_after = std::to_string(wait);
    if (wait == 4) end.retry_after = "later";
    return end;
  }

  /// What the receiver asked for, at least.
  void NotePause(journal::LaneId lane, const http::Response& response) {
    const bool number = !response.retry_after.empty() && response.retry_after != "later";
    if (response.wire != model::Outcome::kSuccess) return;
    if (response.status != 429 && response.status != 502 && response.status != 504 &&
        (response.status != 503 || !number)) {
      return;
    }
    const std::chrono::seconds asked(number ? std::stoi(response.retry_after) : 0);
    const auto pause = std::clamp(asked, std::chrono::seconds(1), kRetryAfterCap);
    base::MonoTime& until = paused_until_[lane];
    until = std::max(until, clock_.Mono() + pause);
    ++pauses_;
  }

  void CheckAttempt(const SimStore::Pair& pair) {
    const auto [lane, position] = pair;
    EXPECT_TRUE(Wants(store_.lanes.at(lane).name.name, position));
    EXPECT_GE(position, store_.lanes.at(lane).since);
    EXPECT_GE(clock_.Mono(), paused_until_[lane]) << "sent to a destination that pauses";
    EXPECT_FALSE(store_.delivered.contains(pair)) << "sent again after its success was durable";
    // (A lane that was taken out, and put back after a crash before it was closed, starts over.)
    if (!store_.excused.contains(lane)) {
      EXPECT_FALSE(store_.dead.contains(pair)) << "sent again after it was dead";
    }
    const auto row = std::find_if(store_.parked.begin(), store_.parked.end(), [&](const auto& p) {
      return std::get<0>(p.first) == lane && std::get<2>(p.first) == position;
    });
    if (row != store_.parked.end()) {
      ++retries_;
      CheckBudget(lane, /*retry=*/true);
      return;
    }
    CheckBudget(lane, /*retry=*/false);
    EXPECT_FALSE(store_.settled.contains(pair)) << "sent again after it settled";
    uint64_t& last = last_fresh_[lane];
    EXPECT_GT(position, last) << "first attempts out of order";
    last = position;
  }

  /// In any stretch of time: no more retries than a burst, the floor and the ratio of the first
  /// attempts together.
  void CheckBudget(journal::LaneId lane, bool retry) {
    const std::string& name = store_.lanes.at(lane).name.name;
    const model::RetryBudget& budget = budgets_.at(std::stoul(name.substr(1)));
    const double most = std::max(10.0, budget.min_per_second);
    const auto [at, is_new] = retry_tokens_.try_emplace(lane, most, clock_.Mono());
    auto& [tokens, since] = at->second;
    const std::chrono::duration<double> passed = clock_.Mono() - since;
    since = clock_.Mono();
    tokens = std::min(most, tokens + budget.min_per_second * passed.count());
    tokens = retry ? tokens - 1 : std::min(most, tokens + budget.ratio);
    EXPECT_GE(tokens, -1e-6) << "more retries than the budget has";
  }

  base::SeededRandom random_;
  base::SimulatedClock clock_;
  SimExecutor executor_;
  SimStore store_;
  NullMetrics metrics_;
  DispatcherOptions options_;
  bool slow_disk_ = false;
  size_t lane_count_ = 0;
  std::map<std::string, Mode> modes_;
  std::vector<model::Destination> destinations_;
  std::unique_ptr<SimJournal> journal_;
  std::unique_ptr<SimCourier> courier_;
  std::unique_ptr<DispatcherImpl> dispatcher_;
  std::map<journal::LaneId, uint64_t> last_fresh_;  // of this life
  std::set<SimStore::Pair> answered_;               // of this life
  std::map<journal::LaneId, base::MonoTime> paused_until_;
  std::map<journal::LaneId, std::pair<double, base::MonoTime>> retry_tokens_;
  std::vector<model::RetryBudget> budgets_;  // by destination
  size_t published_ = 0;
  size_t changes_ = 0;
  size_t fell_behind_ = 0;
  size_t retries_ = 0;
  size_t pauses_ = 0;
  bool draining_ = false;
  bool peace_ = false;
};

}  // namespace carillon::delivery
