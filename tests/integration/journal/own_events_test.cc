// Events that come with a settlement.

#include <gmock/gmock.h>

#include <future>

#include "faulty_disk.h"
#include "support.h"

namespace carillon::journal {
namespace {

using testing::ElementsAre;

using Seen = std::vector<std::pair<uint64_t, std::string>>;

class OwnEventsTest : public JournalTest {
 protected:
  static Settlement Told(const std::vector<std::string>& ids) {
    Settlement settlement;
    settlement.events = MakeEvents(ids);
    return settlement;
  }
};

/// Keeps each batch.
class Batches final : public Consumer {
 public:
  void OnJoined(uint64_t) override {}
  void OnCommitted(const EventBatchPtr& batch) override { batches.push_back(batch); }
  std::vector<EventBatchPtr> batches;  ///< of the journal's thread until it is closed
};

TEST_F(OwnEventsTest, ComeBehindThePublishedInOneBatch) {
  ASSERT_TRUE(TryOpen().ok());
  TakeShard(0);
  Batches batches;
  journal_->AddConsumer(&batches);
  // Both wait for the start, and so are one group.
  std::promise<void> settled;
  journal_->Settle(Owned(Told({"own1", "own2"})),
                   [&](const absl::Status&) { settled.set_value(); });
  std::promise<std::vector<Appended>> appended;
  journal_->Append(MakeEvents({"a", "b"}),
                   [&](auto result) { appended.set_value(result.value()); });
  journal_->Start();
  settled.get_future().get();
  EXPECT_EQ(appended.get_future().get().at(1).position, 2u);
  EXPECT_EQ(commits_, 1);
  Close();
  ASSERT_EQ(batches.batches.size(), 1u);
  Seen seen;
  for (const model::EventPtr& event : batches.batches[0]->events) {
    seen.emplace_back(event->position(), event->id());
    EXPECT_EQ(event->accepted_at(), clock_.Wall());
  }
  EXPECT_THAT(seen, ElementsAre(std::pair(1u, "a"), std::pair(2u, "b"), std::pair(3u, "own1"),
                                std::pair(4u, "own2")));
}

TEST_F(OwnEventsTest, AreStoredAsOthersAreAndTheirIdsAreTaken) {
  Open();
  AppendOne("a");
  Settle(Told({"own"}));
  AppendOne("b");
  EXPECT_EQ(Append({"own"})->at(0).position, 2u);
  Reopen();
  EXPECT_EQ(journal_->recovered().last_position, 3u);
  EXPECT_EQ(Positions().size(), 3u);
  const Events batch = Read(2);
  EXPECT_EQ(batch.at(0)->id(), "own");
  EXPECT_EQ(batch.at(0)->payload(), PayloadOf("own"));
  const auto again = Append({"own", "c"});
  EXPECT_TRUE(again->at(0).duplicate);
  EXPECT_EQ(again->at(0).position, 2u);
  EXPECT_EQ(again->at(1).position, 4u);
}

TEST_F(OwnEventsTest, DoNotCountAsWaiting) {
  options_.max_waiting_bytes = 10;
  Open();
  Settle(Told({"own1", "own2"}));
  EXPECT_EQ(recorder_.Seen().size(), 2u);
  EXPECT_EQ(journal_->log_stats().waiting_bytes, 0u);
  EXPECT_EQ(journal_->log_stats().last_position, 2u);
}

TEST_F(OwnEventsTest, ThoseOfTheLastSettlementAreWrittenAtStop) {
  Open();
  journal_->Settle(Owned(Told({"own"})), {});
  Reopen();
  EXPECT_EQ(journal_->recovered().last_position, 1u);
  EXPECT_THAT(recorder_.Seen(), ElementsAre(std::pair(1u, "own")));
}

class FullDiskTest : public OwnEventsTest {
 protected:
  FullDiskTest() { options_.vfs = FaultyDisk::kName; }
  ~FullDiskTest() override { Close(); }
  FaultyDisk disk_;
};

TEST_F(FullDiskTest, OwnEventsWaitWithTheirSettlement) {
  Open();
  AppendOne("a");
  disk_.full = true;
  Settlement settlement = Told({"own"});
  settlement.dead = {{1, 1, 1, model::Outcome::kDns, clock_.Wall()}};
  std::promise<void> promise;
  auto settled = promise.get_future();
  journal_->Settle(Owned(std::move(settlement)), [&](const absl::Status&) { promise.set_value(); });
  EXPECT_FALSE(Append({"b", "c"}).ok());
  ASSERT_TRUE(Eventually([&] { return !journal_->log_stats().accepting; }));
  EXPECT_EQ(settled.wait_for(std::chrono::milliseconds(0)), std::future_status::timeout);
  EXPECT_EQ(recorder_.Seen().size(), 1u);

  disk_.full = false;
  settled.get();
  EXPECT_THAT(recorder_.Seen(), ElementsAre(std::pair(1u, "a"), std::pair(2u, "own")));
  ASSERT_TRUE(Eventually([&] { return journal_->log_stats().accepting; }));
  const auto stored = Append({"b", "own", "c"});
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(stored->at(0).position, 3u);
  EXPECT_EQ(stored->at(1).position, 2u);
  EXPECT_EQ(stored->at(2).position, 4u);
  Reopen();
  EXPECT_EQ(journal_->recovered().last_position, 4u);
  EXPECT_EQ(journal_->shard_stats().dead, 1u);
}

}  // namespace
}  // namespace carillon::journal
