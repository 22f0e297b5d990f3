#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dispatcher_impl.h"
#include "sim_checks.h"
#include "sim_destinations.h"
#include "sim_journal.h"
#include "sim_liveness.h"
#include "sim_parts.h"

namespace carillon::delivery {

/// A shard with its journal and its receivers, driven through chance: publishing, reloads, failing
/// and recovering receivers, disabled destinations, clock jumps, crashes, drains. Small bounds, so
/// that lanes fall behind and memory runs out all the time.
class SimWorld {
 public:
  explicit SimWorld(uint64_t seed) : random_(seed), executor_(clock_, random_) {
    store_.wants = [this](const std::string& name, uint64_t position) {
      return Wants(name, *store_.events[position - 1]);
    };
    store_.told = [this](const std::string& name, uint64_t position) {
      return observer_.evicted.contains({name, position});
    };
    options_.observer = &observer_;
    options_.max_lane_bytes = 1500 + Below(6000);
    options_.max_memory_bytes = 4000 + Below(40'000);
    options_.read_bytes = 500 + Below(4000);
    options_.max_unsettled_rows = 20 + Below(200);
    options_.max_tracked = 8 + Below(60);
    options_.max_hold = std::chrono::milliseconds(20 + Below(5000));
    options_.first_token_use = AttemptToken::kUses - static_cast<uint32_t>(Below(20)) - 1;
    slow_disk_ = Below(3) == 0;
    lane_count_ = 2 + Below(6);
    for (size_t i = 0; i < lane_count_; ++i) {
      ChangeReceiver(i);
      characters_.push_back(makers_.Make(i));
    }
    if (Below(2) == 0) {  // a small journal, and little is kept
      window_ = Below(60);
      store_.kept_events = Below(3) == 0 ? 1000 : 1 + Below(40);
      if (Below(3) == 0) store_.kept_age = std::chrono::seconds(1 + Below(300));
    }
    observer_.on_kept_too_much = [this](const std::string& name,
                                        const Observer::KeptTooMuch& kept) {
      CheckGivenUp(name, kept);
    };
    if (Below(4) == 0) caps_ = {2 + Below(6), 1 + Below(3)};
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
    ++generation_;
    ChooseDestinations();
    SetTable();
    Publish();  // whatever was accepted before is delivered in any case
    const base::MonoTime limit = clock_.Mono() + std::chrono::hours(3);
    while (!(changes_ == 0 && store_.Complete()) && clock_.Mono() < limit && executor_.Step()) {
      CheckBounds();
      if (testing::Test::HasFailure()) return;
    }
    EXPECT_TRUE(store_.Complete())
        << "stands still at watermark " << store_.watermark << " of " << store_.last()
        << ", parked " << store_.parked.size() << store_.Leftovers();
    store_.CheckComplete();
  }

  size_t deliveries() const { return store_.delivered.size(); }
  size_t deaths() const { return store_.dead.size(); }
  size_t fell_behind() const { return fell_behind_; }
  const SimChecks::Counts& counts() const { return checks_.counts(); }
  size_t discarded() const { return discarded_; }
  size_t given_up() const { return given_up_; }
  size_t cut_short() const { return cut_short_; }
  size_t came_back() const {
    std::set<std::string> known;
    return static_cast<size_t>(std::ranges::count_if(store_.lanes, [&](const auto& entry) {
      return !known.insert(entry.second.name.name).second;
    }));
  }
  size_t removed() const { return store_.gone_to; }
  size_t operational() const { return store_.events.size() - published_; }

 private:
  enum class Mode {
    kHealthy,
    kSlow,
    kFailing,
    kBlackHole,
    kRefusing,
    kFlaky,
    kThrottling,
    kGone,
    kShort
  };

  uint64_t Below(uint64_t n) { return random_.Next() % n; }

  static constexpr int kTypes = 6;

  /// What routing has to find: `d<i>` wants every (i % 3 + 1)th type of its tenant; d0 is told of
  /// what became of the others there, too. It never changes.
  static bool Wants(const std::string& name, const model::Event& event) {
    const int i = std::stoi(name.substr(1));
    if (event.tenant() != TenantOf(i)) return false;
    if (model::IsOperational(event.type())) return i == 0;
    return (event.type().back() - '0') % (i % 3 + 1) == 0;
  }
  static std::string TenantOf(int i) { return "t" + std::to_string(i % 2); }

  std::shared_ptr<const routing::RoutingTable> Route() const {
    std::vector<model::Subscription> subscriptions;
    for (const model::Destination& d : destinations_) {
      const int i = std::stoi(d.name.substr(1));
      model::Subscription s{
          .tenant = d.tenant, .name = d.name, .types = {}, .destinations = {d.name}, .filter = {}};
      for (int n = 0; n < kTypes; n += i % 3 + 1) s.types.push_back("n.t" + std::to_string(n));
      if (i % 3 == 0) s.types = {i % 2 == 0 ? "n.*" : "*"};
      if (i == 0) s.types.insert(s.types.end(), {"destination.*", "delivery.dead"});
      subscriptions.push_back(std::move(s));
    }
    std::vector<std::string> types;
    for (int n = 0; n < kTypes; ++n) types.push_back("n.t" + std::to_string(n));
    return routing::RoutingTable::Compile(destinations_, subscriptions, types);
  }

  void ChangeReceiver(size_t i) { modes_["d" + std::to_string(i)] = static_cast<Mode>(Below(9)); }

  /// The configuration: of those that may be in it, each as it is now.
  void ChooseDestinations() {
    destinations_.clear();
    for (size_t i = 0; i < lane_count_; ++i) {
      makers_.Change(characters_[i], i);
      if (!peace_ && Below(6) == 0) continue;
      destinations_.push_back(characters_[i]);
      model::Destination& d = destinations_.back();
      d.generation = generation_;
      if (!peace_) continue;
      d.enabled = true;
      d.disabling = {.on_gone = false, .failing_for = {}};  // an answer may still be on its way
      d.order.after_dead = model::AfterDead::kContinue;
    }
  }

  void StartProcess() {
    journal_ = std::make_unique<SimJournal>(store_, executor_, clock_, random_);
    journal_->window = window_;
    if (slow_disk_) journal_->write_delay = std::chrono::milliseconds(30);
    courier_ = std::make_unique<SimCourier>(
        executor_, clock_, [this](const SimCourier::Flight& flight) { return Receive(flight); });
    courier_->on_end = [this](const SimCourier::Flight& flight, const http::Response& response) {
      checks_.OnEnd(flight, response);
    };
    options_.caps = std::make_shared<policy::InFlightCaps>(caps_.first, caps_.second);
    dispatcher_ = std::make_unique<DispatcherImpl>(options_, clock_, random_, *journal_, *courier_,
                                                   executor_, metrics_);
    executor_.SetDispatcher(dispatcher_.get());
    journal_->AddConsumer(dispatcher_.get());
    checks_.NewLife();
    liveness_.NewLife();
    changes_ = 0;
    in_force_.reset();
    for (const auto& [id, lane] : store_.lanes) cut_short_ += lane.out && !lane.closed ? 1 : 0;
    SetTable();
  }

  /// The configuration may be another when it is back.
  void Crash() {
    executor_.Clear();
    dispatcher_.reset();
    courier_.reset();
    journal_.reset();
    if (Below(2) == 0) {
      if (Below(2) == 0) ++generation_;
      ChooseDestinations();
    }
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

  /// Nothing is given up but what the journal asked for, or is too old.
  void CheckGivenUp(const std::string& name, const Observer::KeptTooMuch& notice) {
    given_up_ += notice.deliveries;
    EXPECT_LE(notice.too_old, notice.deliveries);
    if (notice.too_old > 0) return;
    uint64_t cut = 0;
    for (const auto& [id, lane] : store_.lanes) {
      if (lane.name.name == name && store_.cuts.contains(id)) {
        cut = std::max(cut, store_.cuts.at(id));
      }
    }
    EXPECT_LE(notice.last_position, cut) << "given up within the bound";
  }

  void SetTable() {
    ++changes_;
    checks_.SetChanging(true);
    dispatcher_->PrepareTable(Route(), [this, now = destinations_](absl::Status status) {
      EXPECT_TRUE(draining_ || status.ok()) << status.ToString();
      if (!status.ok()) return Take(now);
      MarkOut(now, [this, now] {
        CheckMarked(now);  // other shards may have it in force at once
        executor_.Soon(std::chrono::microseconds(3000), [this, now] {
          dispatcher_->CommitTable();  // other shards are ready, too
          in_force_ = now;
          Take(now);
        });
      });
    });
  }

  /// As the engine does before a change is in force.
  void MarkOut(const std::vector<model::Destination>& now, std::function<void()> done) {
    if (!in_force_) {
      return journal_->CloseUnopenedLanes([done](const auto& left) {
        EXPECT_TRUE(left.ok());
        done();
      });
    }
    std::vector<journal::LaneName> out;
    for (const model::Destination& d : *in_force_) {
      const auto same = [&](const model::Destination& other) { return other.name == d.name; };
      if (std::ranges::none_of(now, same)) out.push_back({d.tenant, d.name});
    }
    if (out.empty()) return done();
    journal_->TakeOut(std::move(out), [done](const absl::Status& status) {
      EXPECT_TRUE(status.ok());
      done();
    });
  }

  /// What a table takes out comes back anew, whenever the process dies from now on.
  void CheckMarked(const std::vector<model::Destination>& now) {
    const auto has = [](const std::vector<model::Destination>& all, const std::string& name) {
      return std::ranges::any_of(all, [&](const auto& d) { return d.name == name; });
    };
    for (const auto& [id, lane] : store_.lanes) {
      const std::string& name = lane.name.name;
      const bool taken_out = !has(now, name) && (!in_force_ || has(*in_force_, name));
      if (taken_out) EXPECT_TRUE(journal_->Marked(id)) << name;
    }
  }

  void Take(const std::vector<model::Destination>& destinations) {
    checks_.SetDestinations(destinations);
    if (--changes_ == 0) checks_.SetChanging(false);
  }

  /// A change that this shard, or another, cannot take.
  void TryTable() {
    const auto destinations = destinations_;
    const auto characters = characters_;
    ChooseDestinations();
    const auto table = Route();
    destinations_ = destinations;
    characters_ = characters;
    journal_->disk_full = Below(3) == 0 && changes_ == 0;
    ++changes_;
    dispatcher_->PrepareTable(table, [this](absl::Status status) {
      journal_->disk_full = false;
      if (!status.ok()) return Leave();
      executor_.Soon(std::chrono::microseconds(3000), [this] {
        dispatcher_->DiscardTable();
        Leave();
      });
    });
  }

  void Leave() {
    ++discarded_;
    if (--changes_ == 0) checks_.SetChanging(false);
  }

  void Publish() {
    std::vector<std::shared_ptr<model::Event>> events;
    for (size_t n = 1 + Below(12); n > 0; --n) {
      const std::string id = "e" + std::to_string(++published_);
      const std::string fill(Below(10) == 0 ? 1 + Below(3000) : 10, 'x');
      const std::string payload = "\"" + id + fill + "\"";
      const std::string type = "n.t" + std::to_string(Below(kTypes));
      const std::string key = Below(4) == 0 ? "" : "k" + std::to_string(Below(5));
      events.push_back(model::Event::Create({.id = id,
                                             .type = type,
                                             .tenant = TenantOf(static_cast<int>(Below(2))),
                                             .ordering_key = key,
                                             .attributes = {},
                                             .payload = payload}));
    }
    journal_->accepted_at = clock_.Wall();
    journal_->Append(std::move(events), {});
  }

  void Act() {
    switch (Below(20)) {
      case 0:
        if (Below(3) == 0) TryTable();
        if (Below(2) == 0) ++generation_;
        ChooseDestinations();
        SetTable();
        if (Below(3) > 0) break;
        RunFor(std::chrono::microseconds(Below(30'000)));
        Crash();  // in the middle of it
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
    if (draining_) {
      liveness_.Drain();
    } else {
      const size_t most = options_.max_memory_bytes / 4 * 3;
      liveness_.OnStep(*dispatcher_, dispatcher_->held_bytes() < most);
    }
    dispatcher_->ForEachLane([this](Lane& lane) {
      EXPECT_LT(lane.fresh_bytes(), options_.max_lane_bytes + 4000 + 64 * 3500);
      if (lane.cursor()) ++fell_behind_;
    });
    // Over the bound there can be: what is in flight, its bodies, one event, retries just taken.
    EXPECT_LT(dispatcher_->held_bytes(), options_.max_memory_bytes + 7 * 8 * 7000 + 700'000);
  }

  SimCourier::End Receive(const SimCourier::Flight& flight) {
    checks_.OnStart(flight, courier_->flights);
    liveness_.OnStart(checks_.LaneOf(flight));
    EXPECT_LT(courier_->flights.size(), caps_.first) << "over the cap in all";
    const auto of_tenant = std::ranges::count_if(courier_->flights, [&](const auto& entry) {
      return (entry.second.host[1] - flight.host[1]) % 2 == 0;
    });
    EXPECT_LT(of_tenant, caps_.second) << "over the tenant's cap";
    if (peace_) return {.after = std::chrono::microseconds(100)};
    const std::chrono::microseconds quick(500 + Below(5000));
    if (Below(40) == 0) return kShortage;  // of this machine: whoever the receiver is
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
      case Mode::kShort:
        return Below(4) == 0 ? SimCourier::End{.after = quick} : kShortage;
      case Mode::kGone:
        return {.status = static_cast<uint16_t>(Below(3) == 0 ? 410 : 200), .after = quick};
    }
    return {};
  }

  inline static const SimCourier::End kShortage{model::Outcome::kLocalShortage, 0,
                                                std::chrono::microseconds(10)};

  SimCourier::End Throttle(std::chrono::microseconds after) {
    constexpr uint16_t kStatuses[] = {429, 502, 503, 504};
    SimCourier::End end{.status = kStatuses[Below(4)], .after = after};
    const uint64_t wait = Below(6);  // from below the shortest pause to beyond the cap
    if (wait < 5) end.retry_after = std::to_string(wait);
    if (wait == 4) end.retry_after = "later";
    return end;
  }

  base::SeededRandom random_;
  base::SimulatedClock clock_;
  SimExecutor executor_;
  SimStore store_;
  SimObserver observer_;
  NullMetrics metrics_;
  DispatcherOptions options_;
  bool slow_disk_ = false;
  size_t lane_count_ = 0;
  std::map<std::string, Mode> modes_;
  std::vector<model::Destination> destinations_;
  std::optional<std::vector<model::Destination>> in_force_;  // in this life of the process
  std::unique_ptr<SimJournal> journal_;
  std::unique_ptr<SimCourier> courier_;
  std::unique_ptr<DispatcherImpl> dispatcher_;
  SimChecks checks_{store_, clock_};
  SimLiveness liveness_{clock_};
  SimDestinations makers_{random_};
  std::vector<model::Destination> characters_;
  std::pair<uint32_t, uint32_t> caps_{100, 100};
  uint32_t generation_ = 0;
  size_t published_ = 0;
  size_t changes_ = 0;    // under way
  size_t discarded_ = 0;  // changes that were prepared in vain
  size_t fell_behind_ = 0;
  size_t cut_short_ = 0;  // lanes that were taken out, but not closed, when the process died
  size_t given_up_ = 0;
  uint64_t window_ = UINT64_MAX / 2;
  bool draining_ = false;
  bool peace_ = false;
};

}  // namespace carillon::delivery
