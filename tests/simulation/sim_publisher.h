#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "carillon/base/random.h"
#include "sim_journal.h"

namespace carillon::delivery {

/// Publishes events, and publishes again, under the same ids, what it was not told is stored; and
/// sometimes what it was. What was answered is stored once, at the position that was answered.
/// Each tenant has ids of its own; both use some.
class SimPublisher {
 public:
  static constexpr int kTypes = 6;

  SimPublisher(const SimStore& store, base::Random& random) : store_(store), random_(random) {}

  static std::string TenantOf(int i) { return "t" + std::to_string(i % 2); }

  void Publish(SimJournal& journal, base::WallTime now) {
    if (!batches_.empty() && Below(4) == 0) return Send(Below(batches_.size()), journal, now);
    Batch batch;
    for (size_t n = 1 + Below(12); n > 0; --n) batch.events.push_back(Make());
    batches_.push_back(std::move(batch));
    Send(batches_.size() - 1, journal, now);
  }
  /// Whatever has no answer yet.
  void PublishAgain(SimJournal& journal, base::WallTime now) {
    for (size_t i = 0; i < batches_.size(); ++i) {
      if (!batches_[i].answered) Send(i, journal, now);
    }
  }
  /// The process is another one.
  void NewLife() { waiting_ = 0; }
  size_t waiting() const { return waiting_; }
  bool AllAnswered() const {
    return std::ranges::all_of(batches_, [](const Batch& batch) { return batch.answered; });
  }

  void CheckStored() const {
    std::map<SimStore::EventKey, size_t> times;
    for (const model::EventPtr& event : store_.events) {
      if (event != nullptr) ++times[SimStore::KeyOf(*event)];
    }
    for (const Batch& batch : batches_) {
      for (const Fields& fields : batch.events) {
        const size_t most = times[{fields.tenant, fields.id}];
        EXPECT_LE(most, 1u) << fields.id << " is stored twice";
        EXPECT_TRUE(most == 1 || !batch.answered) << fields.id << " was answered and is lost";
      }
    }
  }

  struct Counts {
    size_t refused = 0;
    size_t duplicates = 0;
    size_t shared_ids = 0;  // ids that both tenants used

    Counts& operator+=(const Counts& other) {
      refused += other.refused;
      duplicates += other.duplicates;
      shared_ids += other.shared_ids;
      return *this;
    }
  };
  const Counts& counts() const { return counts_; }

 private:
  struct Fields {
    std::string id, type, tenant, key, payload;
  };
  struct Batch {
    std::vector<Fields> events;
    bool answered = false;
  };

  uint64_t Below(uint64_t n) { return random_.Next() % n; }

  Fields Make() {
    Fields fields;
    const auto tenant = Below(2);
    fields.tenant = TenantOf(static_cast<int>(tenant));
    fields.id = ChooseId(tenant);
    const std::string fill(Below(10) == 0 ? 1 + Below(3000) : 10, 'x');
    fields.payload = "\"" + fields.id + fill + "\"";
    fields.type = "n.t" + std::to_string(Below(kTypes));
    fields.key = Below(4) == 0 ? "" : "k" + std::to_string(Below(5));
    return fields;
  }
  /// A new one, or one that only the other tenant has used: that is another event.
  std::string ChooseId(uint64_t tenant) {
    std::vector<std::string>& others = unshared_[1 - tenant];
    if (!others.empty() && Below(4) == 0) {
      ++counts_.shared_ids;
      const size_t which = Below(others.size());
      std::swap(others[which], others.back());
      std::string id = std::move(others.back());
      others.pop_back();
      return id;
    }
    return unshared_[tenant].emplace_back("e" + std::to_string(++made_));
  }

  void Send(size_t which, SimJournal& journal, base::WallTime now) {
    std::vector<std::shared_ptr<model::Event>> events;
    for (const Fields& fields : batches_[which].events) {
      events.push_back(model::Event::Create({.id = fields.id,
                                             .type = fields.type,
                                             .tenant = fields.tenant,
                                             .ordering_key = fields.key,
                                             .attributes = {},
                                             .payload = fields.payload}));
    }
    journal.accepted_at = now;
    ++waiting_;
    journal.Append(std::move(events), [this, &journal, which](const auto& results) {
      --waiting_;
      if (!results.ok()) return OnRefused(journal, results.status());
      EXPECT_FALSE(journal.failed()) << "stored by a journal that failed";
      OnStored(batches_[which], *results);
    });
  }

  /// Nothing is stored on a full disk; of a journal that failed it is not known.
  void OnRefused(const SimJournal& journal, const absl::Status& why) {
    ++counts_.refused;
    EXPECT_TRUE(journal.failed() || journal.disk_full) << "refused without need: " << why;
    EXPECT_EQ(absl::IsUnavailable(why), journal.failed()) << why;
    EXPECT_EQ(absl::IsResourceExhausted(why), !journal.failed()) << why;
  }

  void OnStored(Batch& batch, const std::vector<store::Appended>& results) {
    ASSERT_EQ(results.size(), batch.events.size());
    for (size_t i = 0; i < results.size(); ++i) {
      const auto& [id, type, tenant, key, payload] = batch.events[i];
      EXPECT_EQ(results[i].position, store_.position_of.at({tenant, id}));
      EXPECT_EQ(store_.events.at(results[i].position - 1)->payload(), payload);
      if (batch.answered) EXPECT_TRUE(results[i].duplicate) << id;
      counts_.duplicates += results[i].duplicate ? 1 : 0;
    }
    batch.answered = true;
  }

  const SimStore& store_;
  base::Random& random_;
  size_t waiting_ = 0;  // calls without an answer, in this life of the process
  std::vector<Batch> batches_;
  size_t made_ = 0;
  std::array<std::vector<std::string>, 2> unshared_;  // ids that one tenant has used
  Counts counts_;
};

}  // namespace carillon::delivery
