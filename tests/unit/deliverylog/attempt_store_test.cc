#include "carillon/deliverylog/attempt_store.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include "carillon/base/descriptors.h"
#include "log_fixture.h"

namespace carillon::deliverylog {
namespace {

using model::Outcome;
using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<uint64_t> PositionsOf(const std::vector<Record>& records) {
  std::vector<uint64_t> positions;
  for (const Record& record : records) positions.push_back(record.figures.position);
  return positions;
}

TEST_F(LogTest, WhatWasWrittenIsReadNewestFirst) {
  Open();
  Attempt failed = At(1);
  failed.figures.outcome = Outcome::kHttp5xx;
  failed.figures.status = 503;
  failed.figures.state = State::kScheduled;
  failed.figures.next = clock_.Wall() + hours(1);
  failed.has_detail = true;
  failed.detail.body = "no";
  Add(failed);
  Add(At(2));
  log_->Flush();
  const auto page = Find({.details = true});
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_FALSE(page->next);
  EXPECT_THAT(PositionsOf(page->records), ElementsAre(2, 1));
  const Record& record = page->records[1];
  EXPECT_EQ(record.figures, failed.figures);
  EXPECT_EQ(record.tenant, "acme");
  EXPECT_EQ(record.destination, "orders");
  EXPECT_EQ(record.event_type, "order.paid");
  EXPECT_EQ(record.event_id, "event-1");
  ASSERT_TRUE(record.detail);
  EXPECT_EQ(*record.detail, failed.detail);
  EXPECT_FALSE(page->records[0].detail);
}

TEST_F(LogTest, WhatIsNewSinceASequenceIsFound) {
  Open();
  EXPECT_EQ(log_->figures().next, 0u);
  for (uint64_t i = 1; i <= 1300; ++i) Add(At(i));  // two segments that are full, and one
  log_->Flush();
  const uint64_t before = log_->figures().next;
  EXPECT_EQ(before, 1300u);
  EXPECT_THAT(Find({.since = before})->records, IsEmpty());
  EXPECT_FALSE(Find({.since = before})->next);
  Add(At(1301));
  Add(At(1302));
  log_->Flush();
  const auto page = Find({.since = before});
  EXPECT_THAT(PositionsOf(page->records), ElementsAre(1302, 1301));
  EXPECT_FALSE(page->next) << "that was all";
  EXPECT_EQ(Find({.since = before, .limit = 1})->next, before + 1);
  EXPECT_FALSE(Find({.since = before, .limit = 2})->next);
  size_t count = 0;
  Query query{.since = 7, .limit = 100};
  for (std::optional<uint64_t> next = UINT64_MAX; next;) {
    query.before = *next;
    const auto some = Find(query);
    count += some->records.size();
    next = some->next;
  }
  EXPECT_EQ(count, 1302u - 7);
  query = {.tenant = "acme", .since = 1290};
  EXPECT_EQ(Find(query)->records.size(), 12u) << "by an index, too";
  log_.reset();
  Open();
  EXPECT_EQ(log_->figures().next, 1302u);
}

TEST_F(LogTest, APageGoesOnWhereTheLastEnded) {
  Open();
  for (uint64_t i = 1; i <= 1300; ++i) Add(At(i));  // two segments that are full, and one
  log_->Flush();
  EXPECT_EQ(log_->figures().segments, 3u);
  const auto first = Find({.limit = 3});
  ASSERT_TRUE(first.ok());
  EXPECT_THAT(PositionsOf(first->records), ElementsAre(1300, 1299, 1298));
  const auto second = Find({.before = *first->next, .limit = 2});
  EXPECT_THAT(PositionsOf(second->records), ElementsAre(1297, 1296));
  EXPECT_EQ(FindAll({.limit = 7}).size(), 1300u);
}

TEST_F(LogTest, APageThatCostsTooMuchIsShortAndSaysWhereToGoOn) {
  Open();
  for (uint64_t i = 1; i <= 1300; ++i) Add(At(i));
  log_->Flush();
  const base::WallTime written = clock_.Wall();
  clock_.Advance(hours(1));
  const Query query{.matches = [](const Record& record) { return record.figures.position == 5; },
                    .max_rows = 100};
  const auto page = Find(query);
  ASSERT_TRUE(page.ok());
  EXPECT_THAT(page->records, IsEmpty());
  ASSERT_TRUE(page->next);
  EXPECT_EQ(page->scanned_to, written + std::chrono::microseconds(1202));
  EXPECT_THAT(PositionsOf(FindAll(query)), ElementsAre(5));
}

TEST_F(LogTest, ADeliveryIsListedOnceWithItsLastAttempt) {
  Open();
  for (uint64_t i = 1; i <= 600; ++i) {
    Attempt attempt = At(i);
    attempt.figures.state = State::kScheduled;
    attempt.figures.outcome = Outcome::kReset;
    Add(attempt);
  }
  Attempt again = At(3);
  again.figures.number = 2;
  Add(again);
  Attempt elsewhere = At(4);
  elsewhere.destination = "other";
  Add(elsewhere);
  log_->Flush();
  EXPECT_EQ(FindAll({.last_only = true}).size(), 601u);
  Query one{.destination = "orders", .position = 3, .last_only = true};
  one.tenant = "acme";
  const std::vector<Record> found = FindAll(one);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].figures.number, 2u);
  one.last_only = false;
  EXPECT_EQ(FindAll(one).size(), 2u);
  EXPECT_THAT(FindAll({.state = State::kScheduled, .last_only = true}).size(), 599u);
}

// Of a dead letter that was sent again, what became of it then is the last.
TEST_F(LogTest, ADeadOneThatWasSentAgainIsDeadNoMore) {
  Open();
  for (uint64_t i = 1; i <= 3; ++i) {
    Attempt attempt = At(i);
    attempt.figures.state = State::kDead;
    attempt.figures.outcome = Outcome::kReset;
    Add(attempt);
  }
  Add(At(2));
  Attempt dead_again = At(3);
  dead_again.figures.state = State::kDead;
  Add(dead_again);
  log_->Flush();
  EXPECT_EQ(FindAll({.state = State::kDead}).size(), 4u);
  const std::vector<Record> dead = FindAll({.state = State::kDead, .last_only = true});
  ASSERT_EQ(dead.size(), 2u);
  EXPECT_EQ(dead[0].figures.position, 3u);
  EXPECT_EQ(dead[1].figures.position, 1u);
  EXPECT_EQ(FindAll({.last_only = true}).size(), 3u);
}

// A mark hides what came before it, and is itself shown to who asks for marks; what is made again
// later is shown.
TEST_F(LogTest, APurgedDeliveryIsListedNoMore) {
  Open();
  for (uint64_t i = 1; i <= 600; ++i) {  // a segment is sealed
    Attempt attempt = At(i);
    attempt.figures.state = i % 2 == 0 ? State::kDead : State::kScheduled;
    attempt.figures.outcome = Outcome::kReset;
    Add(attempt);
  }
  std::vector<Attempt> marks;
  for (uint64_t i = 1; i <= 10; ++i) {
    marks.push_back(At(i));
    marks.back().figures.state = State::kPurged;
  }
  std::vector<Entry> entries;
  for (const Attempt& mark : marks) entries.push_back(mark.ToEntry());
  std::promise<absl::Status> written;
  log_->AddAll(entries, [&](absl::Status status) { written.set_value(std::move(status)); });
  const absl::Status status = written.get_future().get();
  EXPECT_TRUE(status.ok()) << status;
  for (const bool reopened : {false, true}) {
    if (reopened) Open();
    EXPECT_EQ(FindAll({.last_only = true}).size(), 590u);
    EXPECT_EQ(FindAll({.state = State::kDead, .last_only = true}).size(), 295u);
    EXPECT_EQ(FindAll({}).size(), 600u) << "attempts stay";
    Query one{.position = 3, .marks = true};
    const std::vector<Record> found = FindAll(one);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].figures.state, State::kPurged);
  }
  Add(At(3));
  log_->Flush();
  EXPECT_EQ(FindAll({.position = 3, .last_only = true}).size(), 1u);
}

TEST_F(LogTest, WhoWaitsIsToldWhetherAllIsWritten) {
  options_.queue_bytes = 1000;
  Open();
  std::vector<Attempt> attempts;
  for (uint64_t i = 1; i <= 100; ++i) attempts.push_back(At(i));
  std::vector<Entry> entries;
  for (const Attempt& attempt : attempts) entries.push_back(attempt.ToEntry());
  std::promise<absl::Status> refused;
  log_->AddAll(entries, [&](absl::Status status) { refused.set_value(std::move(status)); });
  EXPECT_TRUE(absl::IsUnavailable(refused.get_future().get()));
  std::promise<absl::Status> nothing;
  log_->AddAll({}, [&](absl::Status status) { nothing.set_value(std::move(status)); });
  EXPECT_TRUE(nothing.get_future().get().ok());
}

// The lists of sealed segments, the tail and the plain rows say the same.
TEST_F(LogTest, LooksForLaterAttemptsInMoreSegmentsThanStayOpen) {
  options_.segment_rows = 10;
  Open();
  Attempt failed = At(1);
  failed.figures.outcome = model::Outcome::kHttp5xx;
  failed.figures.state = State::kDead;
  failed.has_detail = true;
  failed.detail.body = "out of order";
  Add(failed);
  for (uint64_t i = 2; i <= 700; ++i) {
    Add(At(i));
    if (i % 10 == 0) log_->Flush();  // a segment ends
  }
  log_->Flush();
  ASSERT_GT(log_->figures().segments, 60u);
  const std::vector<Record> dead =
      FindAll({.state = State::kDead, .last_only = true, .details = true});
  ASSERT_EQ(dead.size(), 1u);
  ASSERT_TRUE(dead[0].detail.has_value());
  EXPECT_EQ(dead[0].detail->body, "out of order");
  // One descriptor for each segment that stays open.
  EXPECT_LT(base::OpenDescriptors(), 60u);
}

TEST_F(LogTest, AFolderMayHaveSignsOfAnAddressInItsName) {
  options_.folder = folder_ / "50%25?a=1#b";
  options_.segment_rows = 10;
  Open();
  for (uint64_t i = 1; i <= 25; ++i) {
    Add(At(i));
    log_->Flush();
  }
  EXPECT_EQ(FindAll({}).size(), 25u);
}

/// By the rows of a segment: few, so that nearly all are sealed, or more than there are.
class LogQueryTest : public LogTest, public testing::WithParamInterface<size_t> {};

INSTANTIATE_TEST_SUITE_P(Segments, LogQueryTest, testing::Values(300, 4000));

TEST_P(LogQueryTest, IndexesFindWhatAScanFinds) {
  options_.segment_rows = GetParam();
  Open();
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::vector<Attempt> all;
  for (uint64_t i = 0; i < 2000; ++i) {
    Attempt attempt = At(1 + random() % 700);
    attempt.tenant = random() % 3 == 0 ? "acme" : "other";
    attempt.destination = "d" + std::to_string(random() % 9);
    attempt.event_type = "type." + std::to_string(random() % 5);
    attempt.figures.outcome = static_cast<Outcome>(random() % 4 == 0 ? random() % 15 : 0);
    attempt.figures.state = static_cast<State>(random() % kStateCount);
    attempt.figures.number = 1 + random() % 3;
    attempt.figures.started = clock_.Wall() + std::chrono::seconds(i + random() % 20);
    all.push_back(attempt);
    Add(attempt);
    if (i == 1234) {  // what is there after a start is found as well
      log_->Flush();
      Open();
    }
  }
  log_->Flush();
  for (int round = 0; round < 300; ++round) {
    const auto maybe = [&] { return random() % 3 == 0; };
    Query query{.limit = 1 + random() % 100};
    if (maybe()) query.tenant = random() % 2 == 0 ? "acme" : "other";
    if (query.tenant && maybe()) query.destination = "d" + std::to_string(random() % 10);
    if (maybe()) query.event_type = "type." + std::to_string(random() % 6);
    if (maybe()) query.outcome = static_cast<Outcome>(random() % 15);
    if (maybe()) query.state = static_cast<State>(random() % kStateCount);
    if (maybe()) query.from = clock_.Wall() + std::chrono::seconds(random() % 2000);
    if (maybe()) query.to = clock_.Wall() + std::chrono::seconds(random() % 2000);
    if (random() % 9 == 0) query.event_id = "event-" + std::to_string(random() % 720);
    if (random() % 9 == 0) query.position = random() % 720;
    if (maybe()) query.max_rows = 1 + random() % 300;
    query.marks = random() % 2 == 0;
    std::vector<uint64_t> expected;
    for (size_t i = all.size(); i-- > 0;) {
      const Attempt& each = all[i];
      const Figures& figures = each.figures;
      if ((query.tenant && each.tenant != *query.tenant) ||
          (query.destination && each.destination != *query.destination) ||
          (query.event_type && each.event_type != *query.event_type) ||
          (query.event_id && each.event_id != *query.event_id) ||
          (query.position && figures.position != *query.position) ||
          (query.outcome && figures.outcome != *query.outcome) ||
          (query.state && figures.state != *query.state) ||
          (!query.marks && figures.state == State::kPurged) ||
          (query.from && figures.started < *query.from) ||
          (query.to && figures.started >= *query.to)) {
        continue;
      }
      expected.push_back(i);
    }
    std::vector<uint64_t> found;
    for (const Record& record : FindAll(query)) found.push_back(record.sequence);
    ASSERT_EQ(found, expected) << "round " << round;
  }
}

TEST_F(LogTest, RetentionRemovesTheOldestSegmentsByBytes) {
  options_.max_bytes = 1 << 20;
  options_.segment_rows = 100;
  Open();
  Attempt large;
  large.has_detail = true;
  large.detail.body = std::string(1000, 'x');
  for (uint64_t i = 1; i <= 4000; ++i) {
    const Figures figures = At(i).figures;
    large.figures = figures;
    Add(large);
    if (i % 500 == 0) log_->Flush();
  }
  log_->Flush();
  const LogFigures figures = log_->figures();
  EXPECT_EQ(figures.written, 4000u);
  EXPECT_LE(figures.bytes, options_.max_bytes);
  EXPECT_GT(figures.freed_bytes, 0u);
  uint64_t on_disk = 0;
  for (const auto& file : Files("")) on_disk += std::filesystem::file_size(file);
  EXPECT_LT(on_disk, 2 * options_.max_bytes);
  const std::vector<Record> left = FindAll({.limit = 100});
  EXPECT_EQ(left.size(), figures.rows);
  EXPECT_LT(left.size(), 4000u);
  EXPECT_EQ(left.front().figures.position, 4000u);
}

TEST_F(LogTest, RetentionRemovesSegmentsByAge) {
  options_.max_age = hours(8);
  Open();
  Add(At(1));
  log_->Flush();
  clock_.Advance(hours(2));  // its segment is sealed
  Add(At(2));
  log_->Flush();
  Add(At(3));
  log_->Flush();
  EXPECT_EQ(FindAll({}).size(), 3u);
  clock_.Advance(hours(7));
  log_->Flush();
  EXPECT_THAT(PositionsOf(FindAll({})), ElementsAre(3, 2));
}

TEST_F(LogTest, AFullQueueIsCountedAndWaitsForNobody) {
  options_.write_every = std::chrono::hours(1);
  options_.queue_bytes = 4096;
  Open();
  for (uint64_t i = 1; i <= 1000; ++i) Add(At(i));
  const uint64_t dropped = log_->figures().dropped_queue;
  EXPECT_GT(dropped, 900u);
  log_->Flush();
  EXPECT_EQ(FindAll({.limit = 1000}).size(), 1000 - dropped);
  Add(At(1001));
  log_->Flush();
  EXPECT_EQ(FindAll({.limit = 1000}).size(), 1001 - dropped);
}

TEST_F(LogTest, NothingIsWrittenWhenTheDiskIsNearlyFull) {
  options_.segment_rows = 100;
  Open();
  for (uint64_t i = 1; i <= 250; ++i) Add(At(i));
  log_->Flush();
  options_.min_free_bytes = UINT64_MAX;
  Open();
  log_->Flush();
  EXPECT_THAT(PositionsOf(Find({.limit = 1})->records), ElementsAre(250));
  EXPECT_EQ(log_->figures().segments, 1u);
  Add(At(251));
  log_->Flush();
  EXPECT_TRUE(log_->figures().failing);
  EXPECT_EQ(log_->figures().dropped_disk, 1u);
  EXPECT_THAT(PositionsOf(Find({.limit = 1})->records), ElementsAre(250));
  logger_->Flush(std::chrono::seconds(10));
  EXPECT_THAT(lines_.str(), HasSubstr("nearly full"));
}

TEST_F(LogTest, AWriteThatFailsIsCountedAndTriedAgain) {
  options_.retry_after = std::chrono::milliseconds(0);
  Open();
  Add(At(1));
  log_->Flush();
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 64u << 10, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  Attempt large = At(2);
  large.has_detail = true;
  large.detail.body = std::string(1u << 19, 'x');
  Add(large);
  log_->Flush();
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, ignored);
  EXPECT_TRUE(log_->figures().failing);
  EXPECT_EQ(log_->figures().dropped_disk, 1u);
  Add(At(3));
  log_->Flush();
  EXPECT_FALSE(log_->figures().failing);
  EXPECT_THAT(PositionsOf(FindAll({})), ElementsAre(3, 1));
}

TEST_F(LogTest, SequencesAreNotUsedTwice) {
  std::set<uint64_t> seen;
  for (uint64_t i = 1; i <= 5; ++i) {
    Open();
    for (uint64_t j = 0; j < 150; ++j) Add(At(i));
    log_->Flush();
  }
  for (const Record& record : FindAll({.limit = 1000})) seen.insert(record.sequence);
  EXPECT_EQ(seen.size(), 750u);
}

TEST_F(LogTest, TooManyQueriesAreRefused) {
  options_.max_waiting = 2;
  Open();
  Add(At(1));
  log_->Flush();
  std::promise<void> go;
  std::shared_future<void> gone = go.get_future().share();
  Query slow{.matches = [gone](const Record&) {
    gone.wait();
    return true;
  }};
  std::atomic<int> refused{0}, answered{0};
  for (int i = 0; i < 20; ++i) {
    log_->Find(slow, [&](const absl::StatusOr<Page>& page) {
      (absl::IsResourceExhausted(page.status()) ? refused : answered).fetch_add(1);
    });
  }
  EXPECT_GE(refused.load(), 17);
  go.set_value();
  log_.reset();  // answers what waits
  EXPECT_EQ(answered.load() + refused.load(), 20);
}

}  // namespace
}  // namespace carillon::deliverylog
