// Appending: groups, order, duplicates, bounds.

#include <gmock/gmock.h>

#include <future>
#include <latch>
#include <set>
#include <thread>

#include "support.h"

namespace carillon::journal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(JournalTest, GivesPositionsAndReadsTheSameEventsBack) {
  Open();
  const auto result = Append({"a", "b", "c"});
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->size(), 3u);
  EXPECT_EQ(result->at(0).position, 1u);
  EXPECT_EQ(result->at(2).position, 3u);
  EXPECT_FALSE(result->at(2).duplicate);

  const Events batch = Read(1);
  ASSERT_EQ(batch.size(), 3u);
  EXPECT_EQ(batch[1]->position(), 2u);
  EXPECT_EQ(batch[1]->id(), "b");
  EXPECT_EQ(batch[1]->tenant(), "acme");
  EXPECT_EQ(batch[1]->payload(), PayloadOf("b"));
  EXPECT_EQ(batch[1]->accepted_at(), clock_.Wall());
  EXPECT_THAT(recorder_.Seen(),
              ElementsAre(std::pair(1u, "a"), std::pair(2u, "b"), std::pair(3u, "c")));
  EXPECT_EQ(journal_->log_stats().last_position, 3u);
  EXPECT_TRUE(Eventually([&] { return journal_->log_stats().waiting_bytes == 0; }));
}

TEST_F(JournalTest, TracedEventsLieBesideOthersAndBesideThoseOfTheVersionBefore) {
  Open();
  AppendOne("old");
  Close();
  // An event without a trace is as that version left it.
  Execute(CARILLON_BACK_TO_VERSION_5 "PRAGMA user_version = 3");
  Open();
  EXPECT_EQ(Query("PRAGMA user_version"), 6);
  model::TraceContext trace;
  trace.trace_id.fill(0xA1);
  trace.span_id.fill(0xB2);
  trace.flags = 1;
  trace.state = "foo=1";
  std::vector<std::shared_ptr<model::Event>> events = MakeEvents({"a", "c"});
  events.insert(events.begin() + 1,
                model::Event::Create(
                    {.id = "b", .type = "t", .tenant = "acme", .payload = "1", .trace = &trace}));
  std::promise<absl::Status> done;
  journal_->Append(events, [&](auto appended) { done.set_value(appended.status()); });
  ASSERT_TRUE(done.get_future().get().ok());
  Reopen();
  const Events batch = Read(1);
  ASSERT_EQ(batch.size(), 4u);
  EXPECT_EQ(batch[0]->id(), "old");
  EXPECT_FALSE(batch[0]->traced() || batch[1]->traced() || batch[3]->traced());
  EXPECT_EQ(batch[2]->trace(), trace);
  EXPECT_EQ(batch[2]->id(), "b");
}

TEST_F(JournalTest, ConsumersAreToldBeforePublishersAreAnswered) {
  Open();
  std::promise<size_t> seen;
  journal_->Append(MakeEvents({"a", "b"}),
                   [&](const auto&) { seen.set_value(recorder_.Seen().size()); });
  EXPECT_EQ(seen.get_future().get(), 2u);
}

TEST_F(JournalTest, AnswersAnEmptyAppend) {
  Open();
  const auto result = Append({});
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->empty());
}

TEST_F(JournalTest, ManyPublishersShareCommitsAndSeeOneOrder) {
  Open();
  constexpr int kThreads = 16;
  constexpr int kEach = 100;
  std::latch answered(kThreads * kEach);
  std::mutex mutex;
  std::set<uint64_t> positions;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string id = std::to_string(t) + "-" + std::to_string(i);
        journal_->Append(MakeEvents({id, id + "b"}), [&](auto result) {
          ASSERT_TRUE(result.ok()) << result.status();
          std::lock_guard lock(mutex);
          for (const Appended& one : *result) positions.insert(one.position);
          answered.count_down();
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  answered.wait();
  EXPECT_EQ(positions.size(), 2u * kThreads * kEach);
  EXPECT_EQ(*positions.rbegin(), 2u * kThreads * kEach);
  EXPECT_LT(commits_, kThreads * kEach / 2);
  const auto seen = recorder_.Seen();
  ASSERT_EQ(seen.size(), 2u * kThreads * kEach);
  for (size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i].first, i + 1);
  EXPECT_EQ(Positions().size(), 2u * kThreads * kEach);
}

TEST_F(JournalTest, ReadStopsAtItsBytesAndGoesOnFromThere) {
  Open();
  std::vector<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.push_back("e" + std::to_string(i));
  ASSERT_TRUE(Append(ids, 300).ok());
  const Events some = Read(1, 10'000);
  EXPECT_GT(some.size(), 5u);
  EXPECT_LT(some.size(), 50u);
  EXPECT_EQ(Read(500, 1).size(), 1u);
  EXPECT_EQ(Read(500, 1).at(0)->id(), "e499");
  EXPECT_EQ(Positions(990).size(), 11u);
  EXPECT_TRUE(Read(1001).empty());
  EXPECT_TRUE(Read(UINT64_MAX).empty());
  EXPECT_GT(Query("SELECT count(*) FROM journal"), 7);  // many chunks, few rows
  EXPECT_LT(Query("SELECT count(*) FROM journal"), 12);
}

TEST_F(JournalTest, ReadersShareDecodedEvents) {
  Open();
  AppendOne("a");
  EXPECT_EQ(Read(1).at(0), Read(1).at(0));
}

TEST_F(JournalTest, KnowsDuplicatesInARequestInAGroupAndLater) {
  Open();
  auto first = Append({"a", "a", "b"});
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(first->at(0).duplicate);
  EXPECT_TRUE(first->at(1).duplicate);
  EXPECT_EQ(first->at(1).position, 1u);
  EXPECT_EQ(first->at(2).position, 2u);

  // Two requests that wait together: held back until Start, they are one group.
  Close();
  ASSERT_TRUE(TryOpen().ok());
  std::promise<Appended> one, two;
  journal_->Append(MakeEvents({"c"}), [&](auto r) { one.set_value(r->at(0)); });
  journal_->Append(MakeEvents({"c"}), [&](auto r) { two.set_value(r->at(0)); });
  journal_->AddConsumer(&recorder_);
  journal_->Start();
  EXPECT_FALSE(one.get_future().get().duplicate);
  const Appended second = two.get_future().get();
  EXPECT_TRUE(second.duplicate);
  EXPECT_EQ(second.position, 3u);
  EXPECT_EQ(Query("SELECT sum(count) FROM journal"), 3);

  const int commits = commits_;
  const auto again = Append({"b", "a"});
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->at(0).duplicate);
  EXPECT_EQ(again->at(0).position, 2u);
  EXPECT_EQ(again->at(1).position, 1u);
  EXPECT_EQ(commits_, commits);  // nothing was written
  EXPECT_EQ(recorder_.Seen().size(), 3u);
}

TEST_F(JournalTest, TheSameIdOfAnotherTenantIsAnotherEvent) {
  Open();
  AppendOne("a");
  std::promise<Appended> answer;
  journal_->Append({MakeEvent("a", 0, "other")}, [&](auto r) { answer.set_value(r->at(0)); });
  EXPECT_FALSE(answer.get_future().get().duplicate);
}

TEST_F(JournalTest, TheWindowEndsByCount) {
  options_.deduplication_ids = 10;
  Open();
  for (int i = 0; i < 12; ++i) AppendOne("e" + std::to_string(i));
  EXPECT_TRUE(Append({"e11"})->at(0).duplicate);
  EXPECT_FALSE(Append({"e0"})->at(0).duplicate);
  EXPECT_LE(journal_->log_stats().deduplication_ids, 11u);
}

TEST_F(JournalTest, TheWindowEndsByAgeAndSurvivesRestarts) {
  options_.deduplication_age = std::chrono::hours(1);
  Open();
  AppendOne("old");
  clock_.Advance(std::chrono::minutes(40));
  AppendOne("young");
  Reopen();
  EXPECT_TRUE(Append({"old"})->at(0).duplicate);
  EXPECT_TRUE(Append({"young"})->at(0).duplicate);
  clock_.Advance(std::chrono::minutes(30));
  EXPECT_FALSE(Append({"old"})->at(0).duplicate);
  const auto young = Append({"young"});
  EXPECT_TRUE(young->at(0).duplicate);
  EXPECT_EQ(young->at(0).position, 2u);
  clock_.Advance(std::chrono::minutes(31));
  Reopen();
  EXPECT_EQ(journal_->log_stats().deduplication_ids, 1u) << "of the second 'old' alone";
  EXPECT_FALSE(Append({"young"})->at(0).duplicate);
}

TEST_F(JournalTest, RefusesMoreThanMayWait) {
  options_.max_waiting_bytes = 2000;
  ASSERT_NO_FATAL_FAILURE(Open());
  const auto result = Append({"a"}, 4000);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("wait for the disk"));
  EXPECT_EQ(AppendOne("b", 100), 1u);
  EXPECT_TRUE(Eventually([&] { return journal_->log_stats().waiting_bytes == 0; }));
}

TEST_F(JournalTest, StopWritesWhatWasHandedOverAndRefusesMore) {
  Open();
  std::atomic<int> stored{0};
  for (int i = 0; i < 200; ++i) {
    journal_->Append(MakeEvents({"e" + std::to_string(i)}),
                     [&](auto result) { stored += result.ok() ? 1 : 0; });
  }
  journal_->Stop();
  EXPECT_EQ(stored, 200);
  const auto late = Append({"late"});
  EXPECT_EQ(late.status().code(), absl::StatusCode::kUnavailable);
  Reopen();
  EXPECT_EQ(journal_->recovered().last_position, 200u);
}

}  // namespace
}  // namespace carillon::journal
