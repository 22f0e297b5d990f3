// What is counted is read again: by minute and hour, by subject and group, after a restart, within
// its bounds.
#include <gmock/gmock.h>

#include <random>
#include <thread>

#include "store_fixture.h"

namespace carillon::statistics {
namespace {

using model::Outcome;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;

std::vector<uint64_t> SuccessesOf(const Series& series) {
  std::vector<uint64_t> counts;
  for (const Cell& cell : series.cells) counts.push_back(Successes(cell));
  return counts;
}

TEST_F(StoreTest, WhatIsCountedIsReadByMinute) {
  Open();
  clock_.Advance(minutes(7) + seconds(13));
  Add(Success());
  Add(Success("acme", "orders", 3000));
  clock_.Advance(minutes(2));
  Entry failed = Success("acme", "orders", 5000);
  failed.outcome = Outcome::kConnectRefused;
  failed.responded = false;
  failed.delivered = 0;
  failed.dead = 2;
  Add(failed);
  const auto result = Find(Last(minutes(5), minutes(1), {"acme", "orders"}));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->step, minutes(1));
  EXPECT_EQ(result->kept_from, base::WallTime());
  EXPECT_EQ(base::ToUnixSeconds(result->from), 1'700'006'400 + 5 * 60);
  ASSERT_EQ(result->series.size(), 1u);
  const std::vector<Cell>& cells = result->series[0].cells;
  ASSERT_EQ(cells.size(), 5u);
  EXPECT_THAT(SuccessesOf(result->series[0]), ElementsAre(0, 0, 2, 0, 0));
  EXPECT_EQ(cells[2].delivered, 2u);
  EXPECT_EQ(cells[2].sent_bytes, 200u);
  EXPECT_EQ(cells[2].max_us, 3000u);
  EXPECT_EQ(cells[2].latency.count(), 2u);
  EXPECT_EQ(cells[4].attempts[static_cast<size_t>(Outcome::kConnectRefused)], 1u);
  EXPECT_EQ(cells[4].dead, 2u);
  EXPECT_EQ(cells[4].latency.count(), 0u);  // no response came
  EXPECT_EQ(cells[4].max_us, 0u);
}

TEST_F(StoreTest, OneThatIsMadeAgainBeginsAnew) {
  // As long as they are: texts of so many bytes have memory of their own.
  const std::string first_uid = "0197a9a0-0000-7000-8000-000000000001";
  const std::string second_uid = "0197a9a0-0000-7000-8000-000000000002";
  Open();
  Entry first = Success();
  first.uid = first_uid;
  Add(first);
  Add(first);
  Entry second = Success();
  second.uid = second_uid;
  Add(second);
  EXPECT_EQ(Successes(Sum({"acme", "orders", first_uid})), 2u);
  EXPECT_EQ(Successes(Sum({"acme", "orders", second_uid})), 1u);
  EXPECT_EQ(Successes(Sum({"acme", "orders", "0197a9a0-0000-7000-8000-000000000003"})), 0u);
  EXPECT_EQ(Successes(Sum({"acme", "orders", ""})), 0u);
  EXPECT_EQ(Successes(Sum({"acme", "orders"})), 1u) << "the one that had the name last";
  EXPECT_EQ(Successes(Sum({"acme", ""})), 3u);
  Open();
  Add(first);
  Add(second);
  EXPECT_EQ(Successes(Sum({"acme", "orders", first_uid})), 3u);
  EXPECT_EQ(Successes(Sum({"acme", "orders"})), 2u);
  Query query = Last(hours(48), hours(24), {"acme", ""});
  query.group_by = GroupBy::kDestination;
  const auto groups = Find(std::move(query));
  ASSERT_TRUE(groups.ok()) << groups.status();
  ASSERT_EQ(groups->series.size(), 2u);
  EXPECT_EQ(groups->series[0].subject, (Subject{"acme", "orders", first_uid}));
  EXPECT_EQ(groups->series[1].subject, (Subject{"acme", "orders", second_uid}));
}

TEST_F(StoreTest, WhatIsAcceptedIsOfTheTenantAndOfAll) {
  Open();
  Add(Success());
  Entry accepted = Success("acme", "");
  accepted.outcome.reset();
  accepted.responded = false;
  accepted.delivered = 0;
  accepted.accepted = 7;
  Add(accepted);
  accepted.tenant = "bell";
  accepted.accepted = 2;
  Add(accepted);
  EXPECT_EQ(Sum({"acme", ""}).accepted, 7u);
  EXPECT_EQ(Sum({"acme", ""}).AllAttempts(), 1u);
  EXPECT_EQ(Sum({"bell", ""}).accepted, 2u);
  EXPECT_EQ(Sum({}).accepted, 9u);
  EXPECT_EQ(Sum({"acme", "orders"}).accepted, 0u);
  EXPECT_EQ(store_->figures().no_subject, 0u);
  clock_.Advance(seconds(5));
  EXPECT_EQ(store_->rates("acme").accepted, 7.0 / 60);
  EXPECT_EQ(store_->rates("acme").delivered, 1.0 / 60);
  EXPECT_EQ(store_->rates("").accepted, 9.0 / 60);
}

TEST_F(StoreTest, SumsAreThoseOfTheirParts) {
  Open();
  std::mt19937 random(1);
  Cell all, acme, orders;
  for (int i = 0; i < 2000; ++i) {
    const std::string tenant = random() % 2 == 0 ? "acme" : "other";
    const std::string destination = random() % 2 == 0 ? "orders" : "bills";
    Entry entry = Success(tenant, destination, static_cast<uint32_t>(random() % 1'000'000));
    entry.outcome = static_cast<Outcome>(random() % model::kOutcomeCount);
    Cell cell;
    cell.attempts[static_cast<size_t>(*entry.outcome)] = 1;
    cell.delivered = 1;
    cell.sent_bytes = 100;
    cell.max_us = entry.duration_us;
    cell.latency.Add(entry.duration_us);
    all.Merge(cell);
    if (tenant == "acme") acme.Merge(cell);
    if (tenant == "acme" && destination == "orders") orders.Merge(cell);
    store_->Add(static_cast<uint32_t>(i), entry);
    if (i % 100 == 0) clock_.Advance(minutes(11));
    if (i % 300 == 0) store_->Flush();
  }
  EXPECT_EQ(Sum({}), all);
  EXPECT_EQ(Sum({"acme", ""}), acme);
  EXPECT_EQ(Sum({"acme", "orders"}), orders);
  // Hours are the sums of their minutes, wherever the time that is asked for begins.
  Query query = Last(hours(6), hours(1), {"acme", "orders"});
  query.from = std::chrono::floor<hours>(query.from);
  query.to = query.from + hours(6);
  for (const minutes shift : {minutes(0), minutes(17)}) {
    query.from += shift;
    query.to += shift;
    query.step = hours(1);
    const auto by_hour = Find(query);
    query.step = minutes(1);
    const auto by_minute = Find(query);
    ASSERT_TRUE(by_hour.ok() && by_minute.ok());
    EXPECT_EQ(by_hour->from, query.from);
    EXPECT_EQ(by_hour->step, hours(1));
    ASSERT_EQ(by_hour->series[0].cells.size(), 6u);
    ASSERT_EQ(by_minute->series[0].cells.size(), 360u);
    uint64_t attempts = 0;
    for (size_t hour = 0; hour < 6; ++hour) {
      Cell sum;
      for (size_t i = 0; i < 60; ++i) sum.Merge(by_minute->series[0].cells[60 * hour + i]);
      EXPECT_EQ(sum, by_hour->series[0].cells[hour]) << hour;
      attempts += sum.AllAttempts();
    }
    EXPECT_GT(attempts, 0u);
  }
}

TEST_F(StoreTest, ARestartLosesNothing) {
  Open();
  for (int i = 0; i < 100; ++i) Add(Success());
  store_.reset();  // what was handed over is written
  Open();
  EXPECT_EQ(store_->figures().subjects, 2u);
  for (int i = 0; i < 10; ++i) Add(Success());
  EXPECT_EQ(Successes(Sum({"acme", "orders"})), 110u);
  EXPECT_EQ(Successes(Sum({"acme", ""})), 110u);
  EXPECT_EQ(Successes(Sum({})), 110u);
  EXPECT_EQ(store_->figures().counted, 10u);
}

TEST_F(StoreTest, WhatIsCountedIsWrittenByItselfAfterAWhile) {
  options_.write_every = std::chrono::milliseconds(1);
  options_.take_every = std::chrono::milliseconds(1);
  Open();
  Add(Success());
  while (store_->figures().counted == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST_F(StoreTest, ManyThreadsAreCountedOnce) {
  Open();
  std::vector<std::thread> threads;
  const Entry entry = Success();
  for (uint32_t shard = 0; shard < 4; ++shard) {
    threads.emplace_back([&, shard] {
      for (int i = 0; i < 5000; ++i) store_->Add(shard, entry);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const uint64_t counted = Successes(Sum({"acme", "orders"}));
  EXPECT_EQ(counted + store_->figures().dropped_queue, 20'000u);
  EXPECT_EQ(store_->figures().counted, counted);
}

TEST_F(StoreTest, OfGroupsTheGreatestHaveSeriesOfTheirOwn) {
  Open();
  for (size_t i = 0; i < 53; ++i) {
    const Entry entry = Success("acme", "d" + std::to_string(100 + i));
    for (size_t n = 0; n <= i; ++n) Add(entry);
  }
  Add(Success("other", "x"));
  Query query = Last(hours(1), minutes(60), {"acme", ""});
  query.group_by = GroupBy::kDestination;
  const auto grouped = Find(query);
  ASSERT_TRUE(grouped.ok()) << grouped.status();
  ASSERT_EQ(grouped->series.size(), 51u);
  EXPECT_EQ(grouped->series[0].subject, (Subject{"acme", "d152", ""}));
  EXPECT_THAT(SuccessesOf(grouped->series[0]), ElementsAre(53));
  EXPECT_THAT(SuccessesOf(grouped->series[49]), ElementsAre(4));
  EXPECT_TRUE(grouped->series[50].others);
  EXPECT_THAT(SuccessesOf(grouped->series[50]), ElementsAre(3 + 2 + 1));
  query.subjects = {{}};
  query.group_by = GroupBy::kTenant;
  const auto tenants = Find(query);
  ASSERT_TRUE(tenants.ok());
  ASSERT_EQ(tenants->series.size(), 2u);
  EXPECT_EQ(tenants->series[1].subject, (Subject{"other", ""}));
  EXPECT_FALSE(tenants->series[1].others);
}

TEST_F(StoreTest, SeveralSubjectsAreAnsweredInTheirOrder) {
  Open();
  Add(Success("acme", "b"));
  Query query = Last(minutes(1), minutes(1), {"acme", "a"});
  query.subjects = {{"acme", "nobody"}, {"acme", "b"}, {}};
  const auto result = Find(query);
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result->series.size(), 3u);
  EXPECT_THAT(SuccessesOf(result->series[0]), ElementsAre(0));
  EXPECT_THAT(SuccessesOf(result->series[1]), ElementsAre(1));
  EXPECT_THAT(SuccessesOf(result->series[2]), ElementsAre(1));
}

TEST_F(StoreTest, OldMinutesGoAndTheirHoursStay) {
  options_.minute_age = hours(2);
  Open();
  clock_.Advance(minutes(30));
  Add(Success());
  store_->Flush();
  clock_.Advance(hours(3));
  Add(Success());
  store_->Flush();
  // Minutes are asked for, and are gone for a part of the time: hours are taken.
  const auto result = Find(Last(hours(3) + minutes(10), minutes(10), {"acme", "orders"}));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->step, hours(1));
  EXPECT_EQ(base::ToUnixSeconds(result->from), 1'700'006'400);
  EXPECT_THAT(SuccessesOf(result->series[0]), ElementsAre(1, 0, 0, 1));
  EXPECT_EQ(result->kept_from, base::WallTime());  // hours are all there
  const auto recent = Find(Last(minutes(30), minutes(10), {"acme", "orders"}));
  ASSERT_TRUE(recent.ok());
  EXPECT_EQ(recent->step, minutes(10));
  EXPECT_THAT(SuccessesOf(recent->series[0]), ElementsAre(0, 0, 1));
}

TEST_F(StoreTest, OldHoursGoAndSoDoTheirSubjects) {
  options_.minute_age = hours(1);
  options_.hour_age = hours(24);
  Open();
  Add(Success("acme", "old"));
  store_->Flush();
  clock_.Advance(hours(26));
  Add(Success("acme", "new"));
  store_->Flush();
  EXPECT_EQ(store_->figures().subjects, 2u);  // acme and acme/new
  const auto result = Find(Last(hours(48), hours(1), {"acme", "old"}));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(base::ToUnixSeconds(result->kept_from), 1'700'006'400 + 3600);
  Open();
  EXPECT_EQ(store_->figures().subjects, 2u);
  EXPECT_EQ(Successes(Sum({})), 1u);
}

TEST_F(StoreTest, TheFileHasABound) {
  options_.max_bytes = 1 << 20;
  Open();
  for (int minute = 0; minute < 120; ++minute) {
    for (int i = 0; i < 500; ++i) Add(Success("acme", "destination-" + std::to_string(i)));
    store_->Flush();
    clock_.Advance(minutes(1));
    ASSERT_LE(store_->figures().bytes, options_.max_bytes);
  }
  for (int i = 0; i < 5; ++i) store_->Flush();
  EXPECT_LE(std::filesystem::file_size(options_.path), options_.max_bytes + (1 << 20));
  // Minutes went, hours did not.
  EXPECT_EQ(Successes(Sum({"acme", "destination-7"})), 120u);
  const auto minute = Find(Last(minutes(120), minutes(1), {"acme", "destination-7"}));
  ASSERT_TRUE(minute.ok());
  EXPECT_EQ(minute->step, hours(1));
}

TEST_F(StoreTest, DestinationsHaveABound) {
  options_.max_subjects = 3;
  Open();
  for (int i = 0; i < 5; ++i) Add(Success("acme", "d" + std::to_string(i)));
  Add(Success("other", "x"));
  EXPECT_EQ(Successes(Sum({"acme", "d1"})), 1u);
  EXPECT_EQ(Successes(Sum({"acme", "d4"})), 0u);
  EXPECT_EQ(Successes(Sum({"acme", ""})), 5u);
  EXPECT_EQ(Successes(Sum({})), 6u);
  EXPECT_EQ(store_->figures().no_subject, 4u);
  EXPECT_EQ(store_->figures().subjects, 3u);
}

TEST_F(StoreTest, AQueryHasABound) {
  Open();
  for (int i = 0; i < 30; ++i) {
    Add(Success("acme", "d" + std::to_string(i)));
  }
  Query query = Last(hours(1), hours(1), {"acme", ""});
  query.group_by = GroupBy::kDestination;
  query.max_rows = 20;
  EXPECT_TRUE(absl::IsOutOfRange(Find(query).status()));
  query.max_rows = 100;
  EXPECT_TRUE(Find(query).ok());
}

TEST_F(StoreTest, QueriesThatWaitHaveABound) {
  options_.max_waiting = 2;
  Open();
  std::promise<void> go;
  std::shared_future<void> gone = go.get_future().share();
  std::promise<void> begun;
  store_->Find(Last(minutes(1), minutes(1), {}), [&](auto) {
    begun.set_value();
    gone.wait();
  });
  begun.get_future().wait();
  std::atomic<int> answered{0};
  for (int i = 0; i < 2; ++i) {
    store_->Find(Last(minutes(1), minutes(1), {}), [&](auto result) {
      EXPECT_TRUE(result.ok());
      answered.fetch_add(1);
    });
  }
  absl::Status refused;
  store_->Find(Last(minutes(1), minutes(1), {}), [&](auto result) { refused = result.status(); });
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  go.set_value();
  while (answered.load() < 2) std::this_thread::yield();
  EXPECT_TRUE(Find(Last(minutes(1), minutes(1), {})).ok());
}

}  // namespace
}  // namespace carillon::statistics
