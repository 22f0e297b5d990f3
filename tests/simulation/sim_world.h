#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "carillon/base/descriptor_budget.h"
#include "carillon/config/file_source.h"
#include "carillon/log/log.h"
#include "make_engine.h"
#include "sim_checks.h"
#include "sim_destinations.h"
#include "sim_health.h"
#include "sim_journal.h"
#include "sim_liveness.h"
#include "sim_outage.h"
#include "sim_parts.h"
#include "sim_publisher.h"
#include "sim_receivers.h"
#include "sim_threads.h"

namespace carillon::delivery {

/// The engine with all its shards, its journal and its receivers, driven through chance:
/// publishing, reloads, failing and recovering receivers, disabled destinations, clock jumps, full
/// disks, a journal that fails, crashes, drains. Small bounds, so that lanes fall behind and memory
/// runs out all the time.
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
    steady_ = Below(2) == 0;
    options_.read_bytes = 500 + Below(4000);
    options_.max_unsettled_rows = 20 + Below(200);
    outage_.emplace(options_.max_unsettled_rows, clock_);
    options_.max_tracked = 8 + Below(60);
    options_.max_hold = std::chrono::milliseconds(20 + Below(5000));
    options_.first_token_use = AttemptToken::kUses - static_cast<uint32_t>(Below(20)) - 1;
    slow_disk_ = Below(3) == 0;
    lane_count_ = 2 + Below(6);
    for (size_t i = 0; i < lane_count_; ++i) {
      receivers_.Change(i);
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
    if (Below(3) == 0) skips_ = 1 + Below(6);
    if (Below(4) == 0) caps_ = {2 + Below(6), 1 + Below(3)};
    ChooseDestinations();
    StartProcess();
  }

  /// Chance for `actions` steps, then peace until all is settled; then everything is checked.
  void Run(size_t actions) {
    try {
      for (size_t i = 0; i < actions; ++i) {
        RunFor(std::chrono::microseconds(Below(30'000)));
        Act();
        if (testing::Test::HasFailure()) return;
      }
      AwaitTheEnd();
    } catch (const Died&) {
      EXPECT_TRUE(testing::Test::HasFailure());
    }
  }

  /// With healthy receivers and a good disk everything ends within a bound.
  void AwaitTheEnd() {
    MakePeace();
    const base::MonoTime began = clock_.Mono();
    // A clock that was set back keeps what is parked waiting; else nothing waits for so long.
    const auto longest = steady_ ? std::chrono::seconds(180 + Owed()) : std::chrono::hours(3);
    while (!Settled() && clock_.Mono() < began + longest && Step()) {
      if (testing::Test::HasFailure()) return;
    }
    EXPECT_TRUE(Settled()) << "stands still at watermark " << store_.watermark << " of "
                           << store_.last() << ", parked " << store_.parked.size()
                           << store_.Leftovers() << Lanes();
    store_.CheckComplete();
    publisher_.CheckStored();
  }

  size_t deliveries() const { return store_.delivered.size(); }
  size_t deaths() const { return store_.dead.size(); }
  size_t fell_behind() const { return fell_behind_; }
  const SimChecks::Counts& counts() const { return checks_.counts(); }
  size_t given_up() const { return given_up_; }
  size_t cut_short() const { return cut_short_; }
  size_t came_back() const {
    std::set<std::string> known;
    return static_cast<size_t>(std::ranges::count_if(store_.lanes, [&](const auto& entry) {
      return !known.insert(entry.second.name.name).second;
    }));
  }
  size_t removed() const { return store_.gone_to; }
  size_t skipped() const {
    return static_cast<size_t>(std::ranges::count(store_.events, model::EventPtr()));
  }
  size_t operational() const {
    return static_cast<size_t>(std::ranges::count_if(store_.events, [](const auto& event) {
      return event != nullptr && model::IsOperational(event->type());
    }));
  }
  const SimPublisher::Counts& published() const { return publisher_.counts(); }
  struct Troubles {
    size_t full_disks = 0;
    size_t failed_journals = 0;
    size_t refused_changes = 0;  // that were prepared in vain
    size_t deaths_in_changes = 0;
    size_t drains = 0;
    size_t drains_given_up = 0;  // for want of a disk

    Troubles& operator+=(const Troubles& other) {
      full_disks += other.full_disks;
      failed_journals += other.failed_journals;
      refused_changes += other.refused_changes;
      deaths_in_changes += other.deaths_in_changes;
      drains += other.drains;
      drains_given_up += other.drains_given_up;
      return *this;
    }
  };
  const Troubles& troubles() const { return troubles_; }
  /// Attempts that were started while nothing became durable.
  size_t attempts_in_outages() const { return outage_->attempts(); }

 private:
  uint64_t Below(uint64_t n) { return random_.Next() % n; }

  /// The process ended in the middle of something.
  struct Died {};

  static constexpr int kTypes = SimPublisher::kTypes;

  /// What routing has to find: `d<i>` wants every (i % 3 + 1)th type of its tenant; d0 is told of
  /// what became of the others there, too. It never changes.
  static bool Wants(const std::string& name, const model::Event& event) {
    const int i = std::stoi(name.substr(1));
    if (event.tenant() != SimPublisher::TenantOf(i)) return false;
    if (model::IsOperational(event.type())) return i == 0;
    return (event.type().back() - '0') % (i % 3 + 1) == 0;
  }
  /// Everything but the destinations is the same in all lives, but for the number of threads.
  config::Config Configuration() const {
    config::Config config;
    config.delivery.set_threads(shards_);
    config.delivery.set_max_memory_bytes(options_.max_memory_bytes);
    config.delivery.set_max_lane_bytes(options_.max_lane_bytes);
    config.limits.set_max_in_flight(caps_.first);
    config.limits.mutable_tenant_defaults()->set_max_in_flight(caps_.second);
    config.destinations = destinations_;
    for (int n = 0; n < kTypes; ++n) config.types.push_back("n.t" + std::to_string(n));
    for (const model::Destination& d : destinations_) {
      const int i = std::stoi(d.name.substr(1));
      model::Subscription s{
          .tenant = d.tenant, .name = d.name, .types = {}, .destinations = {d.name}, .filter = {}};
      for (int n = 0; n < kTypes; n += i % 3 + 1) s.types.push_back("n.t" + std::to_string(n));
      if (i % 3 == 0) s.types = {i % 2 == 0 ? "n.*" : "*"};
      if (i == 0) s.types.insert(s.types.end(), {"destination.*", "delivery.dead"});
      config.subscriptions.push_back(std::move(s));
    }
    return config;
  }

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

  /// Until it runs: it may die again before it does.
  void StartProcess() {
    while (true) {
      journal_ = std::make_unique<SimJournal>(store_, executor_, clock_, random_);
      journal_->window = window_;
      journal_->skips = skips_;
      if (slow_disk_) journal_->write_delay = std::chrono::milliseconds(30);
      shards_ = static_cast<uint32_t>(1 + Below(3));
      in_force_.assign(shards_, {});
      started_ = false;
      const config::Config config = Configuration();
      auto host = MakeThreads();
      threads_ = host.get();
      auto engine = engine::MakeEngine(config, clock_, places_, journal_->stores(), metrics_,
                                       *logger_, nullptr, std::move(host));
      EXPECT_TRUE(engine.ok()) << engine.status();
      engine_ = *std::move(engine);
      checks_.NewLife();
      liveness_.NewLife();
      outage_->NewLife();
      publisher_.NewLife();
      health_ = std::make_unique<SimHealth>(*journal_, executor_, clock_, *logger_);
      for (const auto& [id, lane] : store_.lanes) cut_short_ += lane.out && !lane.closed ? 1 : 0;
      if (Apply(Configuration()).value_or(false) || testing::Test::HasFailure()) break;
      EndProcess();
    }
    started_ = true;
    health_->Begin();
  }

  std::unique_ptr<SimThreads> MakeThreads() {
    const auto options = [this](DispatcherOptions& own) {
      own.observer = options_.observer;
      own.read_bytes = options_.read_bytes;
      own.max_unsettled_rows = options_.max_unsettled_rows;
      own.max_tracked = options_.max_tracked;
      own.max_hold = options_.max_hold;
      own.first_token_use = options_.first_token_use;
      own.on_unsettled = [this, shard = own.shard,
                          then = std::move(own.on_unsettled)](const absl::Status& why) {
        outage_->OnUnsettled(shard);
        if (then) then(why);
      };
    };
    SimShard::Hooks hooks;
    hooks.receive = [this](const SimShard& shard, const SimCourier::Flight& flight) {
      outage_->OnStart(shard.shard(), shard.courier().flights.size());
      return Receive(flight);
    };
    hooks.on_end = [this](const SimShard&, const SimCourier::Flight& flight,
                          const http::Response& response) { checks_.OnEnd(flight, response); };
    hooks.on_commit = [this](const SimShard& thread, const routing::RoutingTable& table) {
      OnCommit(thread, table);
    };
    return std::make_unique<SimThreads>(
        shards_, options, std::move(hooks), [this] { return StepOrDie(); }, executor_, clock_,
        random_, journal_->stores(), metrics_);
  }

  void EndProcess() {
    executor_.Clear();
    engine_.reset();
    health_.reset();
    journal_.reset();
    threads_ = nullptr;
    applying_ = false;
    dies_at_.reset();
    full_until_.reset();
  }

  /// The configuration may be another when it is back.
  void Crash() {
    EndProcess();
    if (Below(2) == 0) {
      if (Below(2) == 0) ++generation_;
      ChooseDestinations();
    }
    StartProcess();
  }

  void DrainAndRestart() {
    ++troubles_.drains;
    draining_ = true;
    const std::chrono::milliseconds grace(Below(400));
    const base::MonoTime began = clock_.Mono();
    const bool hurries = Below(4) == 0;
    const bool in_vain = DiskIsFull() || journal_->failed();
    health_->Stop();
    const bool drained = engine_->Drain(grace, [hurries] { return hurries; });
    EXPECT_LE((clock_.Mono() - began).count(),
              std::chrono::nanoseconds(grace + std::chrono::seconds(6)).count());
    EXPECT_TRUE(drained || in_vain) << "draining did not end";
    troubles_.drains_given_up += drained ? 0 : 1;
    if (drained) {
      for (const SimShard* thread : threads_->shards()) {
        EXPECT_TRUE(thread->courier().flights.empty());
      }
      checks_.CheckDurable();
    }
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

  /// What the engine is given now; false: the process died of it, and is another one.
  bool Reload() {
    const auto destinations = destinations_;
    const auto characters = characters_;
    ChooseDestinations();
    return Change(destinations, characters);
  }

  /// `destinations` and `characters`: what it goes back to when it is not taken.
  bool Change(const std::vector<model::Destination>& destinations,
              const std::vector<model::Destination>& characters) {
    if (!peace_ && Below(6) == 0)
      dies_at_ = clock_.Mono() + std::chrono::microseconds(Below(30'000));
    if (!peace_ && Below(4) == 0) journal_->refuse_opening = 1;
    const bool may_fail = journal_->refuse_opening > 0 || DiskIsFull() || journal_->failed();
    const std::optional<bool> taken = Apply(Configuration());
    if (!taken) {
      ++troubles_.deaths_in_changes;
      Crash();
      return false;
    }
    journal_->refuse_opening = 0;
    dies_at_.reset();
    if (*taken) return true;
    EXPECT_TRUE(may_fail || DiskIsFull()) << "a change was not taken";
    ++troubles_.refused_changes;
    destinations_ = destinations;
    characters_ = characters;
    return true;
  }

  /// Whether it was taken; nothing: the process died in the middle of it.
  std::optional<bool> Apply(config::Config config) {
    const resource::SnapshotPtr next = config::TakeSnapshot(++revision_, config, taken_.get());
    checks_.SetChanging(true);
    applying_ = true;
    try {
      const auto told = std::make_shared<std::optional<absl::Status>>();
      engine_->Apply(next, [told](absl::Status status) { *told = std::move(status); });
      const base::MonoTime longest = clock_.Mono() + std::chrono::minutes(10);
      while (!*told && clock_.Mono() < longest && StepOrDie()) {
      }
      EXPECT_TRUE(*told) << "a thread does not answer";
      if (!*told) throw Died();
      if ((*told)->ok()) taken_ = next;
      applying_ = false;
      checks_.SetChanging(false);
      return (*told)->ok();
    } catch (const Died&) {
      applying_ = false;
      return std::nullopt;
    }
  }

  /// A thread has its part of the change in force: what the change takes out comes back anew,
  /// whenever the process dies from now on.
  void OnCommit(const SimShard& thread, const routing::RoutingTable& table) {
    std::vector<model::Destination>& mine = in_force_[thread.shard()];
    mine.clear();
    for (uint32_t place = 0; place < table.places(); ++place) {
      if (table.at(place) != nullptr) mine.push_back(*table.at(place));
    }
    std::vector<model::Destination> all;
    for (const auto& part : in_force_) all.insert(all.end(), part.begin(), part.end());
    for (const auto& [id, lane] : store_.lanes) {
      if (!Has(destinations_, lane.name.name)) EXPECT_TRUE(journal_->Marked(id)) << lane.name.name;
    }
    checks_.SetDestinations(all);
  }
  static bool Has(const std::vector<model::Destination>& all, const std::string& name) {
    return std::ranges::any_of(all, [&](const auto& d) { return d.name == name; });
  }

  // --- Trouble with the disk.

  bool DiskIsFull() const { return full_until_.has_value(); }
  void FillDisk() {
    ++troubles_.full_disks;
    outage_->Begin();
    journal_->disk_full = true;
    full_until_ = clock_.Mono() + std::chrono::milliseconds(1 + Below(8000));
  }
  void EndOutage() {
    journal_->disk_full = false;
    full_until_.reset();
    outage_->End();
  }
  /// Some time before the process ends. Whoever publishes meanwhile is told.
  void FailJournal() {
    ++troubles_.failed_journals;
    outage_->Fail();
    journal_->Fail();
    health_->OnFailed();
    RunFor(std::chrono::milliseconds(Below(Below(3) == 0 ? 3000 : 50)));
    if (Below(3) == 0) {
      publisher_.Publish(*journal_, clock_.Wall());
      RunFor(std::chrono::seconds(1));
      EXPECT_EQ(publisher_.waiting(), 0u) << "a publisher is not told that the journal failed";
    }
    if (Below(3) == 0) return DrainAndRestart();
    Crash();
  }

  // --- The end.

  void MakePeace() {
    peace_ = true;
    EndOutage();
    ++generation_;
    ChooseDestinations();
    Change(destinations_, characters_);
    publisher_.PublishAgain(*journal_, clock_.Wall());
    publisher_.Publish(*journal_, clock_.Wall());  // what was accepted before is delivered, too
  }
  /// Where the lanes of the threads stand, for a message.
  std::string Lanes() const {
    std::string text;
    for (SimShard* thread : threads_->shards()) {
      thread->dispatcher().ForEachLane([&](Lane& lane) {
        const LaneWants wants = lane.Wants();
        text += "\n  thread " + std::to_string(thread->shard()) + " lane " +
                std::to_string(lane.id()) + " " + lane.destination().name + " mode " +
                std::to_string(static_cast<int>(lane.mode())) + (lane.closing() ? " closing" : "") +
                (wants.send ? " sends" : "") + (wants.due_at ? " asks" : "") + " in flight " +
                std::to_string(lane.in_flight()) + " parked " +
                std::to_string(lane.retries().parked()) + " taken " +
                std::to_string(lane.retries().size());
      });
    }
    return text;
  }
  bool Settled() const { return publisher_.AllAnswered() && store_.Complete(); }
  /// What may have to be retried, one a second.
  size_t Owed() const {
    return store_.row_of.size() + (store_.last() - store_.watermark) * lane_count_;
  }

  void Act() {
    switch (Below(20)) {
      case 0:
        if (Below(2) == 0) ++generation_;
        Reload();
        break;
      case 1: {
        if (steady_) break;
        const auto jump = std::chrono::seconds(Below(14'400)) - std::chrono::hours(2);
        clock_.JumpWall(jump);
        checks_.OnClockSet();
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
        receivers_.Change(Below(lane_count_));
        break;
      case 7:
        RunFor(std::chrono::milliseconds(Below(3000)));
        break;
      case 8:
        if (Below(3) == 0) FillDisk();
        break;
      case 9:
        if (Below(4) == 0) FailJournal();
        break;
      default:
        publisher_.Publish(*journal_, clock_.Wall());
    }
  }

  void RunFor(std::chrono::microseconds time) {
    const base::MonoTime until = clock_.Mono() + time;
    const auto there = std::make_shared<bool>(false);
    executor_.At(until, [there] { *there = true; });
    while (!*there && Step()) {
    }
  }

  bool Step() {
    if (full_until_ && clock_.Mono() >= *full_until_) EndOutage();
    if (!executor_.Step()) return false;
    CheckBounds();
    return !testing::Test::HasFailure();
  }
  /// While the engine waits: publishers do not.
  bool StepOrDie() {
    if (dies_at_ && clock_.Mono() >= *dies_at_) throw Died();
    if (applying_ && started_ && !peace_ && Below(40) == 0) {
      publisher_.Publish(*journal_, clock_.Wall());
    }
    if (Step()) return true;
    if (testing::Test::HasFailure()) throw Died();
    return false;
  }

  void CheckBounds() {
    if (threads_ == nullptr) return;
    const bool waits = draining_ || DiskIsFull() || journal_->failed();
    if (waits) liveness_.Drain();
    for (SimShard* thread : threads_->shards()) {
      CheckBoundsOf(thread->dispatcher());
      if (waits) continue;
      const size_t most = options_.max_memory_bytes / 4 * 3;
      liveness_.OnStep(thread->dispatcher(), thread->dispatcher().held_bytes() < most);
    }
  }
  void CheckBoundsOf(DispatcherImpl& dispatcher) {
    dispatcher.ForEachLane([this](Lane& lane) {
      EXPECT_LT(lane.fresh_bytes(), options_.max_lane_bytes + 4000 + 64 * 3500);
      if (lane.cursor()) ++fell_behind_;
    });
    // Over the bound there can be: what is in flight, its bodies, one event, retries just taken.
    EXPECT_LT(dispatcher.held_bytes(), options_.max_memory_bytes + 7 * 8 * 7000 + 700'000);
  }

  SimCourier::End Receive(const SimCourier::Flight& flight) {
    std::vector<const SimCourier::Flight*> flights;
    for (const SimShard* thread : threads_->shards()) {
      for (const auto& [token, other] : thread->courier().flights) flights.push_back(&other);
    }
    checks_.OnStart(flight, flights);
    liveness_.OnStart(checks_.LaneOf(flight));
    EXPECT_LT(flights.size(), caps_.first) << "over the cap in all";
    const auto of_tenant = std::ranges::count_if(flights, [&](const SimCourier::Flight* other) {
      return (other->host[1] - flight.host[1]) % 2 == 0;
    });
    EXPECT_LT(of_tenant, caps_.second) << "over the tenant's cap";
    if (peace_) return {.after = std::chrono::microseconds(100)};
    return receivers_.Answer(flight);
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
  std::vector<model::Destination> destinations_;
  std::vector<std::vector<model::Destination>> in_force_;  // of each thread
  uint64_t revision_ = 0;                                  // of the snapshot that was offered last
  resource::SnapshotPtr taken_;                            // the last that was
  std::ostringstream log_;
  std::unique_ptr<log::Logger> logger_ = log::Logger::Create(log_, log::Level::kError, clock_);
  base::DescriptorBudget places_{1'000'000};
  std::unique_ptr<SimJournal> journal_;
  std::unique_ptr<SimHealth> health_;
  std::unique_ptr<engine::Engine> engine_;
  SimThreads* threads_ = nullptr;  // of the engine
  uint32_t shards_ = 1;
  SimChecks checks_{store_, clock_};
  SimLiveness liveness_{clock_};
  std::optional<SimOutage> outage_;
  SimDestinations makers_{random_};
  SimReceivers receivers_{random_};
  SimPublisher publisher_{store_, random_};
  std::vector<model::Destination> characters_;
  std::pair<uint32_t, uint32_t> caps_{100, 100};
  uint32_t generation_ = 0;
  Troubles troubles_;
  size_t fell_behind_ = 0;
  size_t cut_short_ = 0;  // lanes that were taken out, but not closed, when the process died
  size_t given_up_ = 0;
  uint64_t window_ = UINT64_MAX / 2;
  uint64_t skips_ = 0;                        // positions have gaps
  std::optional<base::MonoTime> dies_at_;     // in the middle of a change
  std::optional<base::MonoTime> full_until_;  // the disk
  bool steady_ = false;                       // nobody sets the clock
  bool started_ = false;                      // it has a configuration in force
  bool applying_ = false;
  bool draining_ = false;
  bool peace_ = false;
};

}  // namespace carillon::delivery
