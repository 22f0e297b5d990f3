#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "carillon/store/attempt_log.h"
#include "sim_executor.h"
#include "sim_store.h"

namespace carillon::delivery {

/// The journal of one life of the process over a SimStore. Writes become durable later, in order,
/// some at a time; reads see a state of their time and answer still later. On a full disk it
/// refuses what can be refused, and keeps the rest waiting; once it failed it writes nothing more.
class SimJournal final : public store::EventLog,
                         public store::ShardStore,
                         public store::LaneRegistry,
                         public store::AttemptLog {
 public:
  SimJournal(SimStore& store, SimExecutor& executor, const base::Clock& clock, base::Random& random)
      : store_(store), executor_(executor), clock_(clock), random_(random) {
    store_.shards.clear();
  }
  store::Stores stores() { return {*this, *this, *this}; }

  /// Nothing can be written: publishers and new lanes are refused, settlements wait.
  bool disk_full = false;
  /// As if the disk was full for these calls of `OpenLanes` alone.
  int refuse_opening = 0;
  /// From now on nothing becomes durable, but for what had been written and not been answered.
  void Fail() {
    failed_ = true;
    for (size_t n = random_.Next() % (writes_.size() + 1); n > 0 && !disk_full; --n) {
      auto work = std::move(writes_.front());
      writes_.pop_front();
      for (const auto id : std::exchange(marks_, {})) store_.TakeOut(id);
      silent_ = true;
      work.write(Disk::kGood);
      silent_ = false;
      work.write(Disk::kFailed);
    }
    for (Work& work : std::exchange(writes_, {})) work.write(Disk::kFailed);
  }
  bool failed() const { return failed_; }
  /// Settled events further below the watermark are removed.
  uint64_t window = UINT64_MAX / 2;
  /// Positions have gaps: up to about so many are left out here and there.
  uint64_t skips = 0;
  /// A slow disk: writes take up to this long.
  std::chrono::microseconds write_delay{2000};
  /// The same for answers, once it has looked.
  std::chrono::microseconds read_delay{3000};
  /// Pages of rows that were asked for.
  uint64_t pages = 0;

  void AddConsumer(store::Consumer* consumer) override {
    consumers_.push_back(consumer);
    consumer->OnJoined(told_to_);
  }
  void RemoveConsumer(store::Consumer* consumer) override { std::erase(consumers_, consumer); }

  /// At once, for tests that do not wait.
  store::ShardState Take(store::ShardId shard) { return store_.TakeShard(shard); }
  void DeclareShards(uint32_t count) override { store_.DeclareShards(count); }
  void TakeShard(store::ShardId shard,
                 absl::AnyInvocable<void(absl::StatusOr<store::ShardState>)> done) override {
    Answer([this, shard] { return absl::StatusOr<store::ShardState>(Take(shard)); },
           std::move(done));
  }
  void ReleaseShard(store::ShardId shard, uint64_t epoch) override {
    if (store_.Owns(shard, epoch)) store_.shards.at(shard).epoch = ++store_.epochs;
  }
  size_t max_outstanding() const override { return 4; }

  /// An id that its tenant has used is not stored again.
  void Append(std::vector<std::shared_ptr<model::Event>> events, store::AppendDone done) override {
    Write(/*waits=*/false, [this, events = std::move(events), done = std::move(done),
                            at = accepted_at](Disk disk) mutable {
      if (disk != Disk::kGood) return Refuse(done, disk);
      std::vector<store::Appended> results;
      for (const auto& event : events) {
        const auto known = store_.position_of.find(SimStore::KeyOf(*event));
        const bool duplicate = known != store_.position_of.end();
        if (!duplicate) {
          SkipSome();
          store_.Append(event, at);
        }
        results.push_back({duplicate ? known->second : event->position(), duplicate});
      }
      if (!results.empty()) SkipSome();
      Tell();
      if (done && !silent_) done(std::move(results));
    });
  }
  base::WallTime accepted_at{};

  void Settle(store::Settlement settlement, absl::AnyInvocable<void(absl::Status)> done) override {
    Write(/*waits=*/true,
          [this, settlement = std::move(settlement), done = std::move(done)](Disk disk) mutable {
            if (!store_.Owns(settlement.shard, settlement.epoch)) {
              if (!silent_) done(absl::AbortedError("another owner has the shard"));
              return;
            }
            if (disk != Disk::kGood) return Refuse(done, disk);
            store_.Apply(settlement);
            store_.Retain(window);
            for (const auto& event : settlement.events) {
              SkipSome();
              store_.Append(event, clock_.Wall());
            }
            if (silent_) return;
            done(absl::OkStatus());
            Tell();
          });
  }

  void Read(uint64_t from, size_t max_bytes,
            absl::AnyInvocable<void(store::EventBatchPtr)> done) override {
    Answer(
        [this, from, max_bytes] {
          auto batch = std::make_shared<store::EventBatch>(store::EventBatch{{}, from, from - 1});
          size_t bytes = 0;
          const std::set<uint64_t> parked = store_.parked_positions();
          for (uint64_t p = std::max<uint64_t>(from, 1); p <= store_.last() && bytes < max_bytes;
               ++p) {
            batch->last = p;
            if (!store_.IsThere(p, parked)) continue;
            batch->events.push_back(store_.events[p - 1]);
            bytes += batch->events.back()->bytes();
          }
          return store::EventBatchPtr(batch);
        },
        std::move(done));
  }

  void TakeDue(store::LaneId lane, base::WallTime until, size_t limit,
               absl::AnyInvocable<void(store::DueDeliveries)> done) override {
    Answer(
        [this, lane, until, limit] {
          store::DueDeliveries answer;
          for (auto it = store_.parked.lower_bound({lane, store::Due(), 0});
               it != store_.parked.end() && std::get<0>(it->first) == lane; ++it) {
            const auto& [id, due, position] = it->first;
            if (!due.timed()) break;
            if (due.time() > until || answer.due.size() == limit) {
              answer.next = due;
              break;
            }
            answer.due.push_back(RowOf(*it));
          }
          return answer;
        },
        std::move(done));
  }

  void TakeHeld(store::LaneId lane, store::GroupId group, size_t limit,
                absl::AnyInvocable<void(store::DueDeliveries)> done) override {
    Answer(
        [this, lane, limit, due = group == 0 ? store::Due::Stuck() : store::Due::Held(group)] {
          store::DueDeliveries answer;
          for (auto it = store_.parked.lower_bound({lane, due, 0});
               it != store_.parked.end() && std::get<0>(it->first) == lane &&
               std::get<1>(it->first) == due;
               ++it) {
            if (answer.due.size() == limit) {
              answer.next = due;
              break;
            }
            answer.due.push_back(RowOf(*it));
          }
          return answer;
        },
        std::move(done));
  }

  void TakeKept(store::LaneId lane, uint64_t from, size_t limit,
                absl::AnyInvocable<void(store::DueDeliveries)> done) override {
    Answer(
        [this, lane, from, limit] {
          store::DueDeliveries answer;
          for (auto it = store_.parked.lower_bound({lane, store::Due::Kept(), from});
               it != store_.parked.end() && std::get<0>(it->first) == lane; ++it) {
            if (answer.due.size() == limit) {
              answer.next = std::get<1>(it->first);
              break;
            }
            answer.due.push_back(RowOf(*it));
          }
          return answer;
        },
        std::move(done));
  }

  void ReadAttempts(uint64_t after, size_t limit,
                    absl::AnyInvocable<void(absl::StatusOr<store::AttemptPage>)> done) override {
    if (limit < 1 || limit > kMaxRows) return done(absl::InvalidArgumentError("limit"));
    limit = std::min<size_t>(limit, 3);
    Answer(
        [this, after, limit]() -> absl::StatusOr<store::AttemptPage> {
          store::AttemptPage page{.rows = {}, .through = after};
          while (page.rows.size() < limit && page.through < store_.attempts.size()) {
            page.rows.push_back(store_.attempts[page.through++]);
          }
          page.more = page.through < store_.attempts.size();
          return page;
        },
        std::move(done));
  }

  void ListParked(store::LaneId lane, uint64_t up_to, store::ParkedKey from, size_t limit,
                  absl::AnyInvocable<void(store::ParkedPage)> done) override {
    limit = std::min<size_t>(limit, 3);
    ++pages;
    Answer(
        [this, lane, up_to, from, limit] {
          store::ParkedPage page;
          for (auto it = store_.parked.lower_bound({lane, from.due, from.position});
               it != store_.parked.end() && std::get<0>(it->first) == lane; ++it) {
            const auto& [id, due, position] = it->first;
            if (page.rows.size() == limit) {
              page.next = store::ParkedKey{lane, due, position};
              break;
            }
            if (SimStore::IsMark(it->first) || position > up_to) continue;
            page.rows.push_back(RowOf(*it).parked);
            // A batch goes whole, also one that was parked since it was asked for.
            for (const uint64_t p : it->second.Positions(it->first)) {
              store_.cuts[lane] = std::max(store_.cuts[lane], p);
            }
          }
          return page;
        },
        std::move(done));
  }

  store::Demand demand() const override {
    store::Demand demand{.leave_to = store_.leave_to,
                         .keep_since = clock_.Wall() - store_.kept_age};
    auto cut = store_.Cut(clock_.Wall());
    if (cut.empty()) return demand;
    if (given_up_ == nullptr || *given_up_ != cut) {
      given_up_ = std::make_shared<const std::map<store::LaneId, store::EvictionRequest>>(cut);
      ++version_;
    }
    demand.version = version_;
    demand.evict = given_up_;
    return demand;
  }

  void OpenLanes(
      store::ShardId, std::vector<store::LaneName> names,
      absl::AnyInvocable<void(absl::StatusOr<std::vector<store::LaneState>>)> done) override {
    Write(/*waits=*/false,
          [this, names = std::move(names), done = std::move(done)](Disk disk) mutable {
            if (disk == Disk::kGood && refuse_opening > 0) disk = (--refuse_opening, Disk::kFull);
            if (disk != Disk::kGood) return Refuse(done, disk);
            std::vector<store::LaneState> states;
            for (const auto& name : names) states.push_back(store_.Open(name));
            if (!silent_) done(std::move(states));
          });
  }

  void TakeOut(std::vector<store::OwnedLanes> lanes,
               absl::AnyInvocable<void(absl::Status)> done) override {
    Write(/*waits=*/false,
          [this, lanes = std::move(lanes), done = std::move(done)](Disk disk) mutable {
            if (disk == Disk::kFailed) return done(Why(disk));
            for (const store::OwnedLanes& of : lanes) {
              if (store_.Owns(of.shard, of.epoch)) Mark(of.names);
            }
            WriteMarks(disk);
            if (!silent_) done(absl::OkStatus());
          });
  }
  void CloseLanes(store::OwnedLaneIds lanes) override {
    Write(/*waits=*/false, [this, lanes = std::move(lanes)](Disk) {
      if (store_.Owns(lanes.shard, lanes.epoch)) Close(lanes.lanes);
    });
  }
  void ListLanes(
      absl::AnyInvocable<void(absl::StatusOr<std::vector<store::ListedLane>>)> done) override {
    Write(/*waits=*/false, [this, done = std::move(done)](Disk disk) mutable {
      if (disk == Disk::kFailed) return done(Why(disk));
      std::vector<store::ListedLane> lanes;
      for (const auto& [id, lane] : store_.lanes) {
        if (!lane.closed && !closing_.contains(id)) lanes.push_back({id, lane.name, lane.out});
      }
      if (!silent_) done(std::move(lanes));
    });
  }
  void RetireLanes(
      std::vector<store::OwnedLaneIds> owned,
      absl::AnyInvocable<void(absl::StatusOr<std::vector<store::RetiredLane>>)> done) override {
    Write(/*waits=*/false,
          [this, owned = std::move(owned), done = std::move(done)](Disk disk) mutable {
            if (disk == Disk::kFailed) return done(Why(disk));
            std::vector<store::LaneId> lanes;
            for (const store::OwnedLaneIds& of : owned) {
              if (!store_.Owns(of.shard, of.epoch)) continue;
              lanes.insert(lanes.end(), of.lanes.begin(), of.lanes.end());
            }
            for (const auto id : lanes) {
              const auto lane = store_.lanes.find(id);
              if (lane == store_.lanes.end() || lane->second.closed) {
                return done(absl::NotFoundError("there is no such lane"));
              }
            }
            std::vector<store::RetiredLane> left;
            for (const auto id : lanes) {
              store::RetiredLane lane = store_.LeftOf(id);
              if (lane.parked > 0 || lane.from <= lane.last) left.push_back(std::move(lane));
            }
            Close(lanes);
            WriteMarks(disk);
            if (!silent_) done(std::move(left));
          });
  }

  /// Taken out: that is durable, or will be, with whatever is written next.
  bool Marked(store::LaneId id) const {
    return store_.lanes.at(id).out || std::ranges::find(marks_, id) != marks_.end();
  }

  void Stop() override {}
  LogStats log_stats() const override {
    return {.last_position = store_.last(), .accepting = !disk_full};
  }
  ShardStats shard_stats() const override { return {.watermark = store_.watermark}; }

 private:
  store::DueDelivery RowOf(const std::pair<const SimStore::ParkedId, SimStore::Row>& row) const {
    const auto& [lane, due, position] = row.first;
    store::DueDelivery answer{
        .parked = {lane, due, position, row.second.attempts, row.second.group, row.second.rest,
                   row.second.bytes, row.second.trigger, row.second.earlier},
        .event = store_.events[position - 1]};
    for (const auto& member : row.second.rest) {
      answer.rest.push_back(store_.events[member.position - 1]);
    }
    return answer;
  }

  enum class Disk { kGood, kFull, kFailed };
  /// Something to be written; `waits`: for as long as the disk is full.
  struct Work {
    bool waits = false;
    absl::AnyInvocable<void(Disk)> write;
  };

  static absl::Status Why(Disk disk) {
    return disk == Disk::kFull ? absl::ResourceExhaustedError("the disk is full")
                               : absl::UnavailableError("the journal cannot write any more");
  }
  template <typename Done>
  void Refuse(Done& done, Disk disk) {
    if (done && !silent_) done(Why(disk));
  }

  /// Consumers are told before publishers are answered.
  void Tell() {
    if (told_to_ == store_.last() || silent_) return;
    store::EventBatch batch{{}, told_to_ + 1, store_.last()};
    for (uint64_t p = batch.first; p <= batch.last; ++p) {
      if (store_.events[p - 1] != nullptr) batch.events.push_back(store_.events[p - 1]);
    }
    told_to_ = batch.last;
    const auto told = std::make_shared<const store::EventBatch>(std::move(batch));
    for (store::Consumer* consumer : consumers_) consumer->OnCommitted(told);
  }
  /// As a store does that gives positions to what it then does not keep.
  void SkipSome() {
    if (skips == 0 || random_.Next() % 3 != 0) return;
    store_.Skip(1 + random_.Next() % (random_.Next() % 8 == 0 ? skips * 50 : skips));
  }

  /// Marked at once, and closed when that is written.
  void Close(const std::vector<store::LaneId>& lanes) {
    closing_.insert(lanes.begin(), lanes.end());
    marks_.insert(marks_.end(), lanes.begin(), lanes.end());
    Write(/*waits=*/true, [this, lanes](Disk disk) {
      if (disk != Disk::kGood) return;
      for (const auto id : lanes) store_.CloseLane(id);
    });
  }
  void Mark(const std::vector<store::LaneName>& names) {
    for (const auto& [id, lane] : store_.lanes) {
      if (!lane.out && std::ranges::find(names, lane.name) != names.end()) marks_.push_back(id);
    }
  }
  /// Now, or, on a full disk, with what is written next.
  void WriteMarks(Disk disk) {
    if (disk != Disk::kGood || random_.Next() % 4 == 0) return;
    for (const auto id : std::exchange(marks_, {})) store_.TakeOut(id);
  }

  void Write(bool waits, absl::AnyInvocable<void(Disk)> write) {
    writes_.push_back({waits, std::move(write)});
    if (std::exchange(committing_, true)) return;
    executor_.Soon(write_delay, [this] { Commit(); });
  }

  void Commit() {
    std::deque<Work> waiting;
    for (size_t n = writes_.empty() ? 0 : 1 + random_.Next() % writes_.size(); n > 0; --n) {
      Work work = std::move(writes_.front());
      writes_.pop_front();
      if (disk_full && !failed_ && work.waits) {
        waiting.push_back(std::move(work));
        continue;
      }
      const Disk disk = failed_ ? Disk::kFailed : disk_full ? Disk::kFull : Disk::kGood;
      if (disk == Disk::kGood) {
        for (const auto id : std::exchange(marks_, {})) store_.TakeOut(id);
      }
      work.write(disk);
    }
    while (!waiting.empty()) {
      writes_.push_front(std::move(waiting.back()));
      waiting.pop_back();
    }
    committing_ = !writes_.empty();
    if (committing_) executor_.Soon(write_delay, [this] { Commit(); });
  }

  template <typename Look, typename Done>
  void Answer(Look look, Done done) {
    executor_.Soon(std::chrono::microseconds(1000), [this, look, done = std::move(done)]() mutable {
      executor_.Soon(read_delay,
                     [answer = look(), done = std::move(done)]() mutable { done(answer); });
    });
  }

  SimStore& store_;
  SimExecutor& executor_;
  const base::Clock& clock_;
  base::Random& random_;
  uint64_t told_to_ = store_.last();
  std::set<store::LaneId> closing_;
  std::vector<store::LaneId> marks_;  // taken out; not durable yet
  std::vector<store::Consumer*> consumers_;
  std::deque<Work> writes_;
  bool committing_ = false;
  bool failed_ = false;
  bool silent_ = false;  // it is written, but nobody hears of it
  mutable std::shared_ptr<const std::map<store::LaneId, store::EvictionRequest>> given_up_;
  mutable uint64_t version_ = 0;
};

}  // namespace carillon::delivery
