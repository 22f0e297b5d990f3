#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>

#include "sim_process.h"
#include "sim_purges.h"
#include "sim_scene.h"

namespace carillon::delivery {

/// The engine with all its shards, its journal and its receivers, driven through chance:
/// publishing, reloads, failing and recovering receivers, destinations that are disabled, enabled
/// released and purged, clock jumps, full disks, a journal that fails, crashes, drains.
class SimWorld {
 public:
  explicit SimWorld(uint64_t seed) : scene_(seed) {
    scene_.observer.on_kept_too_much = [this](const std::string& name,
                                              const Observer::KeptTooMuch& kept) {
      CheckGivenUp(name, kept);
    };
    process_.Start();
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
    } catch (const SimProcess::Died&) {
      EXPECT_TRUE(testing::Test::HasFailure());
    }
  }

  size_t deliveries() const { return scene_.store.delivered.size(); }
  size_t deaths() const { return scene_.store.dead.size(); }
  size_t fell_behind() const { return scene_.bounds.fell_behind(); }
  const SimChecks::Counts& counts() const { return scene_.checks.counts(); }
  size_t given_up() const { return given_up_; }
  /// Of these, for what is kept for all destinations of a tenant.
  size_t given_up_of_tenant() const { return given_up_of_tenant_; }
  size_t cut_short() const { return process_.cut_short(); }
  size_t calls() const { return scene_.owner.count(); }
  size_t purged() const { return purges_.count(); }
  size_t came_back() const {
    std::set<std::string> known;
    return static_cast<size_t>(std::ranges::count_if(scene_.store.lanes, [&](const auto& entry) {
      return !known.insert(entry.second.name.name).second;
    }));
  }
  size_t removed() const { return scene_.store.gone_to; }
  size_t skipped() const {
    return static_cast<size_t>(std::ranges::count(scene_.store.events, model::EventPtr()));
  }
  size_t operational() const {
    return static_cast<size_t>(std::ranges::count_if(scene_.store.events, [](const auto& event) {
      return event != nullptr && model::IsOperational(event->type());
    }));
  }
  const SimPublisher::Counts& published() const { return scene_.publisher.counts(); }
  const SimTroubles& troubles() const { return scene_.troubles; }
  /// Attempts that were started while nothing became durable.
  size_t attempts_in_outages() const { return scene_.outage.attempts(); }

 private:
  uint64_t Below(uint64_t n) { return scene_.Below(n); }
  SimJournal& journal() { return process_.life().journal(); }

  /// Nothing is given up but what the journal asked for, or is too old.
  void CheckGivenUp(const std::string& name, const Observer::KeptTooMuch& notice) {
    given_up_ += notice.deliveries;
    given_up_of_tenant_ += notice.of_tenant;
    EXPECT_LE(notice.too_old + notice.of_tenant, notice.deliveries);
    if (notice.too_old > 0) return;
    uint64_t cut = 0;
    for (const auto& [id, lane] : scene_.store.lanes) {
      if (lane.name.name == name && scene_.store.cuts.contains(id)) {
        cut = std::max(cut, scene_.store.cuts.at(id));
      }
    }
    EXPECT_LE(notice.last_position, cut) << "given up within the bound";
  }

  // --- Trouble.

  bool NothingIsDurable() { return journal().disk_full || journal().failed(); }
  void FillDisk() {
    ++scene_.troubles.full_disks;
    scene_.outage.Begin();
    journal().disk_full = true;
    full_until_ = scene_.clock.Mono() + std::chrono::milliseconds(1 + Below(8000));
  }
  void EndOutage() {
    journal().disk_full = false;
    scene_.outage.End();
  }
  /// Some time before the process ends. Whoever publishes meanwhile is told.
  void FailJournal() {
    ++scene_.troubles.failed_journals;
    scene_.outage.Fail();
    journal().Fail();
    process_.life().health().OnFailed();
    RunFor(std::chrono::milliseconds(Below(Below(3) == 0 ? 3000 : 50)));
    if (Below(3) == 0) {
      Publish();
      RunFor(std::chrono::seconds(1));
      EXPECT_EQ(scene_.publisher.waiting(), 0u)
          << "a publisher is not told that the journal failed";
    }
    if (Below(3) == 0) return process_.DrainAndRestart(/*in_vain=*/true);
    process_.Crash();
  }
  void JumpWall() {
    if (scene_.steady) return;
    scene_.clock.JumpWall(std::chrono::seconds(Below(14'400)) - std::chrono::hours(2));
    scene_.checks.OnClockSet();
  }

  // --- What happens.

  void Publish() { scene_.publisher.Publish(journal(), scene_.clock.Wall()); }
  void Act() {
    switch (Below(20)) {
      case 0:
        return process_.Reload([this] { return NothingIsDurable(); });
      case 1:
        return JumpWall();
      case 2:
        return Below(2) == 0 ? process_.Crash() : void();
      case 3:
        return Below(3) == 0 ? process_.DrainAndRestart(NothingIsDurable()) : void();
      case 4:
      case 5:
      case 6:
        return scene_.receivers.Change(Below(scene_.configuration.lanes()));
      case 7:
        return RunFor(std::chrono::milliseconds(Below(3000)));
      case 8:
        return Below(3) == 0 ? FillDisk() : void();
      case 9:
        return Below(4) == 0 ? FailJournal() : void();
      case 10:
        return scene_.owner.Act(process_.life().engine(), scene_.configuration);
      case 11:
        return purges_.Begin();
      default:
        return Publish();
    }
  }

  void RunFor(std::chrono::microseconds time) {
    const base::MonoTime until = scene_.clock.Mono() + time;
    const auto there = std::make_shared<bool>(false);
    scene_.executor.At(until, [there] { *there = true; });
    while (!*there && Step()) {
    }
  }
  bool Step() {
    if (journal().disk_full && scene_.clock.Mono() >= full_until_) EndOutage();
    if (!scene_.executor.Step()) return false;
    scene_.bounds.Check(process_.life().threads(), process_.draining() || NothingIsDurable());
    return !testing::Test::HasFailure();
  }

  // --- The end.

  /// With healthy receivers and a good disk everything ends within a bound.
  void AwaitTheEnd() {
    MakePeace();
    const base::MonoTime began = scene_.clock.Mono();
    // A clock that was set back keeps what is parked waiting; else nothing waits for so long.
    const auto longest = scene_.steady ? std::chrono::seconds(180 + Owed()) : std::chrono::hours(3);
    while (!Settled() && scene_.clock.Mono() < began + longest && Step()) {
      if (testing::Test::HasFailure()) return;
    }
    EXPECT_TRUE(Settled()) << "stands still at watermark " << scene_.store.watermark << " of "
                           << scene_.store.last() << ", parked " << scene_.store.parked.size()
                           << scene_.store.Leftovers()
                           << SimBounds::Lanes(process_.life().threads());
    scene_.store.CheckComplete();
    scene_.publisher.CheckStored();
  }
  void MakePeace() {
    scene_.peace = true;
    scene_.configuration.MakePeace();
    EndOutage();
    process_.Reload([] { return false; });
    process_.CommandAll(LaneCommand::kEnable);
    scene_.publisher.PublishAgain(journal(), scene_.clock.Wall());
    Publish();  // what was accepted before is delivered, too
  }
  bool Settled() const { return scene_.publisher.AllAnswered() && scene_.store.Complete(); }
  /// What may have to be retried, one a second.
  size_t Owed() const {
    return scene_.store.row_of.size() +
           (scene_.store.last() - scene_.store.watermark) * scene_.configuration.lanes();
  }

  SimScene scene_;
  SimProcess process_{scene_, [this] { return Step(); }};
  SimPurges purges_{scene_, [this]() -> engine::Engine& { return process_.life().engine(); }};
  size_t given_up_ = 0;
  size_t given_up_of_tenant_ = 0;
  base::MonoTime full_until_{};  // the disk, where it is
};

}  // namespace carillon::delivery
