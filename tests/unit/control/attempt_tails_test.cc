// Streams of attempts: what comes, in which order, and what a slow reader misses.

#include "carillon/control/attempt_tails.h"

#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "carillon/aip/error.h"

namespace carillon::control {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// A log in memory; sequences from 0 on.
class GrowingLog final : public deliverylog::AttemptStore {
 public:
  void Add(uint32_t, const deliverylog::Entry &) override {}
  void Find(deliverylog::Query query,
            absl::AnyInvocable<void(absl::StatusOr<deliverylog::Page>)> done) override {
    ++queries;
    if (!failure.ok()) return done(failure);
    deliverylog::Page page;
    size_t looked = 0;
    for (uint64_t i = std::min<uint64_t>(query.before, records.size()); i-- > query.since;) {
      deliverylog::Record record = records[i];
      if (!query.details) record.detail.reset();
      const bool meant = (!query.tenant || record.tenant == *query.tenant) &&
                         (!query.outcome || record.figures.outcome == *query.outcome) &&
                         (!query.matches || query.matches(record));
      if (meant) page.records.push_back(std::move(record));
      if (page.records.size() < query.limit && ++looked < max_rows) continue;
      if (i > query.since) page.next = i;
      break;
    }
    most_details = std::max(most_details, query.details ? page.records.size() : 0);
    done(std::move(page));
  }
  void AddAll(std::span<const deliverylog::Entry> entries,
              absl::AnyInvocable<void(absl::Status)> done) override {
    for (const deliverylog::Entry &entry : entries) Add(0, entry);
    done(absl::OkStatus());
  }
  void Flush() override {}
  deliverylog::LogFigures figures() const override { return {.next = records.size()}; }

  void Write(size_t count, const std::string &tenant = "acme",
             model::Outcome outcome = model::Outcome::kSuccess) {
    for (; count > 0; --count) {
      deliverylog::Record record;
      record.sequence = records.size();
      record.figures.position = records.size() + 1;
      record.figures.outcome = outcome;
      record.tenant = tenant;
      record.destination = "orders";
      record.detail = deliverylog::Detail{.peer = "192.0.2.1:443"};
      records.push_back(std::move(record));
    }
  }

  std::vector<deliverylog::Record> records;
  absl::Status failure;
  size_t max_rows = SIZE_MAX;
  size_t queries = 0, most_details = 0;
};

/// What a reader got; it takes messages at once, or when it is told to.
struct Reader {
  std::vector<v1::TailAttemptsResponse> messages;
  std::optional<absl::Status> end;
  bool gone = false;
  bool slow = false;
  absl::AnyInvocable<void(bool)> written;

  /// Positions, in the order in which they came.
  std::vector<uint64_t> Positions() const {
    std::vector<uint64_t> positions;
    for (const auto &message : messages) {
      for (const v1::Attempt &attempt : message.attempts()) {
        const std::string &name = attempt.name();
        const size_t at = name.find("/deliveries/") + 12;
        positions.push_back(std::stoull(name.substr(at)));
      }
    }
    return positions;
  }
  std::string token() const { return messages.back().resume_token(); }
  int64_t dropped() const {
    int64_t count = 0;
    for (const auto &message : messages) count += message.dropped_count();
    return count;
  }
};

class ToReader final : public AnswerStream {
 public:
  explicit ToReader(Reader &reader) : reader_(reader) {}
  bool cancelled() const override { return reader_.gone; }
  void Write(const google::protobuf::Message &answer,
             absl::AnyInvocable<void(bool)> written) override {
    EXPECT_FALSE(reader_.end);
    EXPECT_FALSE(reader_.written) << "one at a time";
    reader_.messages.push_back(static_cast<const v1::TailAttemptsResponse &>(answer));
    if (reader_.slow) {
      reader_.written = std::move(written);
    } else {
      written(true);
    }
  }
  void End(const absl::Status &status) override {
    EXPECT_FALSE(reader_.end);
    reader_.end = status;
  }

 private:
  Reader &reader_;
};

class AttemptTailsTest : public testing::Test {
 protected:
  void Begin(Reader &reader, const std::string &token = "", const std::string &filter = "",
             v1::DeliveryView view = v1::DELIVERY_VIEW_BASIC) {
    v1::TailAttemptsRequest request;
    request.set_parent("tenants/acme/destinations/-/deliveries/-");
    request.set_filter(filter);
    request.set_view(view);
    request.set_resume_token(token);
    tails_->Begin(request, caller_, std::make_unique<ToReader>(reader));
    Look();
  }
  /// Until nothing is left to be done now.
  void Look() {
    for (int i = 0; i < 200; ++i) tails_->Look();
  }
  static std::vector<uint64_t> From(uint64_t first, uint64_t last) {
    std::vector<uint64_t> all;
    for (; first <= last; ++first) all.push_back(first);
    return all;
  }

  GrowingLog log_;
  base::SimulatedClock clock_;
  const aip::PageTokens tokens_{{{.id = 1, .key = base::Secret(std::string(32, 'k'))}}};
  Caller caller_{.principal = "tokens/a", .tenants = {"acme"}};
  Reader reader_;  // outlives the streams
  std::vector<std::unique_ptr<Reader>> more_;
  std::unique_ptr<AttemptTails> tails_ = AttemptTails::Create(&log_, tokens_, clock_);
};

TEST_F(AttemptTailsTest, SaysAtOnceThatItHasBegunAndTellsWhatEndsFromThenOn) {
  log_.Write(3);
  Begin(reader_);
  ASSERT_THAT(reader_.messages, SizeIs(1));
  EXPECT_THAT(reader_.messages[0].attempts(), IsEmpty());
  EXPECT_NE(reader_.token(), "");
  log_.Write(2);
  log_.Write(1, "other");
  log_.Write(1);
  Look();
  EXPECT_THAT(reader_.Positions(), ElementsAre(4, 5, 7)) << "the oldest first";
  EXPECT_EQ(reader_.dropped(), 0);
  EXPECT_EQ(reader_.messages[1].attempts(0).remote_address(), "");
}

TEST_F(AttemptTailsTest, AFilterIsFulfilledByWhatComes) {
  Begin(reader_, "", "outcome = OUTCOME_TLS AND number = 1");
  log_.Write(5);
  log_.Write(2, "acme", model::Outcome::kTls);
  Look();
  EXPECT_THAT(reader_.Positions(), ElementsAre(6, 7));
}

TEST_F(AttemptTailsTest, DetailsComeInSmallMessages) {
  Begin(reader_, "", "", v1::DELIVERY_VIEW_FULL);
  log_.Write(50);
  Look();
  EXPECT_EQ(reader_.Positions(), From(1, 50));
  EXPECT_THAT(reader_.messages, SizeIs(4));
  EXPECT_EQ(reader_.messages[3].attempts(9).remote_address(), "192.0.2.1:443");
  EXPECT_EQ(log_.most_details, AttemptTails::kPerFullMessage);
}

TEST_F(AttemptTailsTest, ASignOfLifeComesWhenNothingElseDoes) {
  Begin(reader_);
  const size_t queries = log_.queries;
  clock_.Advance(seconds(14));
  Look();
  EXPECT_THAT(reader_.messages, SizeIs(1));
  clock_.Advance(seconds(1));
  Look();
  EXPECT_THAT(reader_.messages, SizeIs(2));
  clock_.Advance(seconds(10));
  log_.Write(1);
  Look();
  clock_.Advance(seconds(14));
  Look();
  EXPECT_THAT(reader_.messages, SizeIs(3)) << "what came was one";
  EXPECT_EQ(log_.queries, queries + 1) << "of what is not new the log is asked nothing";
}

TEST_F(AttemptTailsTest, ASlowReaderMissesTheOldestAndIsToldHowMany) {
  Begin(reader_);
  reader_.slow = true;
  log_.Write(1);
  Look();
  log_.Write(2500);
  Look();
  EXPECT_THAT(reader_.messages, SizeIs(2)) << "it has not taken the last one";
  reader_.slow = false;
  std::exchange(reader_.written, nullptr)(true);
  Look();
  std::vector<uint64_t> wanted = From(1502, 2501);
  wanted.insert(wanted.begin(), 1);
  EXPECT_EQ(reader_.Positions(), wanted);
  EXPECT_EQ(reader_.messages[2].dropped_count(), 1500);
  EXPECT_EQ(reader_.dropped(), 1500) << "told once";
  for (const auto &message : reader_.messages) EXPECT_LE(message.attempts_size(), 100);
  log_.Write(1);
  Look();
  EXPECT_EQ(reader_.Positions().back(), 2502u);
  EXPECT_EQ(reader_.dropped(), 1500);
}

TEST_F(AttemptTailsTest, WhatIsLeftOutIsCountedUpToABound) {
  Begin(reader_);
  log_.Write(40'000);
  Look();
  EXPECT_EQ(reader_.Positions(), From(39'001, 40'000));
  EXPECT_EQ(reader_.dropped(), AttemptTails::kMaxCounted);
}

TEST_F(AttemptTailsTest, ShortPagesOfTheLogLoseNothing) {
  log_.max_rows = 7;
  Begin(reader_, "", "outcome = OUTCOME_TLS");
  log_.Write(30);
  log_.Write(1, "acme", model::Outcome::kTls);
  log_.Write(30);
  log_.Write(1, "acme", model::Outcome::kTls);
  log_.Write(30);
  Look();
  EXPECT_THAT(reader_.Positions(), ElementsAre(31, 62));
}

TEST_F(AttemptTailsTest, ALogThatCannotAnswerIsAskedAgain) {
  Begin(reader_);
  log_.failure = absl::ResourceExhaustedError("busy");
  log_.Write(3);
  Look();
  EXPECT_THAT(reader_.Positions(), IsEmpty());
  EXPECT_FALSE(reader_.end);
  log_.failure = absl::OkStatus();
  Look();
  EXPECT_THAT(reader_.Positions(), ElementsAre(1, 2, 3));
}

TEST_F(AttemptTailsTest, AResumedStreamHasNoGapAndNoRepetition) {
  for (const auto view : {v1::DELIVERY_VIEW_BASIC, v1::DELIVERY_VIEW_FULL}) {
    Reader first;
    Begin(first, "", "", view);
    const uint64_t before = log_.records.size();
    log_.Write(250);
    Look();
    // Of what was read, any message may have been the last.
    const size_t messages = first.messages.size();
    for (size_t read = 1; read <= messages; ++read) {
      Reader resumed;
      log_.Write(1);
      Begin(resumed, first.messages[read - 1].resume_token(), "", view);
      Reader got;
      got.messages.assign(first.messages.begin(),
                          first.messages.begin() + static_cast<std::ptrdiff_t>(read));
      got.messages.insert(got.messages.end(), resumed.messages.begin(), resumed.messages.end());
      EXPECT_EQ(got.Positions(), From(before + 1, log_.records.size()));
      resumed.gone = true;
      Look();
    }
    first.gone = true;
    Look();
    EXPECT_TRUE(first.end);
  }
}

TEST_F(AttemptTailsTest, AResumeTokenIsForTheSameStreamOnly) {
  Begin(reader_);
  const std::string token = reader_.token();
  const auto reason = [&](const std::string &with, const std::string &filter) {
    Reader reader;
    Begin(reader, with, filter);
    EXPECT_TRUE(reader.end);
    google::rpc::BadRequest bad;
    EXPECT_TRUE(aip::GetDetail(*reader.end, bad));
    EXPECT_EQ(bad.field_violations(0).field(), "resume_token");
    return aip::ReasonOf(*reader.end);
  };
  EXPECT_EQ(reason("x", ""), v1::PAGE_TOKEN_INVALID);
  EXPECT_EQ(reason(token, "number = 1"), v1::PAGE_TOKEN_INVALID);
  caller_.tenants = {"other"};
  EXPECT_EQ(reason(token, ""), v1::PAGE_TOKEN_INVALID);
  caller_.tenants = {"acme"};
  clock_.Advance(std::chrono::hours(25));
  EXPECT_EQ(reason(token, ""), v1::PAGE_TOKEN_INVALID);
}

TEST_F(AttemptTailsTest, BadRequestsEndTheStream) {
  Reader filter;
  Begin(filter, "", "nothing = 1");
  EXPECT_EQ(aip::ReasonOf(filter.end.value()), v1::FILTER_INVALID);
  Reader parent;
  tails_->Begin({}, caller_, std::make_unique<ToReader>(parent));
  EXPECT_EQ(aip::ReasonOf(parent.end.value()), v1::FIELD_INVALID);
  const auto off = AttemptTails::Create(nullptr, tokens_, clock_);
  Reader none;
  v1::TailAttemptsRequest request;
  request.set_parent("tenants/acme/destinations/-/deliveries/-");
  off->Begin(request, caller_, std::make_unique<ToReader>(none));
  off->Look();
  EXPECT_EQ(aip::ReasonOf(none.end.value()), v1::STATE_CONFLICT);
}

TEST_F(AttemptTailsTest, ACredentialThatIsTakenAwayEndsTheStream) {
  absl::Status holds;
  caller_.check = [&holds] { return holds; };
  Begin(reader_);
  reader_.slow = true;
  log_.Write(1);
  Look();
  holds = aip::MakeError(v1::CREDENTIALS_INVALID, "it was revoked");
  clock_.Advance(seconds(2));
  Look();
  EXPECT_EQ(aip::ReasonOf(reader_.end.value()), v1::CREDENTIALS_INVALID)
      << "also while it reads nothing";
  std::exchange(reader_.written, nullptr)(true);
  Look();
}

TEST_F(AttemptTailsTest, SoManyOfAPrincipalAndSoManyInAll) {
  const auto open = [&] {
    more_.push_back(std::make_unique<Reader>());
    Begin(*more_.back());
    return more_.back()->end ? aip::ReasonOf(*more_.back()->end) : v1::ERROR_REASON_UNSPECIFIED;
  };
  for (size_t i = 0; i < AttemptTails::kMaxStreams; ++i) {
    if (i % AttemptTails::kMaxOfPrincipal == 0) {
      if (i > 0) {
        EXPECT_EQ(open(), v1::TOO_MANY_STREAMS);
      }
      caller_.principal = "tokens/" + std::to_string(i);
    }
    ASSERT_EQ(open(), v1::ERROR_REASON_UNSPECIFIED) << i;
  }
  caller_.principal = "tokens/another";
  EXPECT_EQ(open(), v1::TOO_MANY_STREAMS);
  more_.front()->gone = true;
  Look();
  EXPECT_TRUE(absl::IsCancelled(more_.front()->end.value()));
  EXPECT_EQ(open(), v1::ERROR_REASON_UNSPECIFIED) << "its place is free again";
}

TEST_F(AttemptTailsTest, AReaderThatIsGoneEndsIt) {
  Begin(reader_);
  reader_.slow = true;
  log_.Write(1);
  Look();
  std::exchange(reader_.written, nullptr)(false);
  Look();
  EXPECT_TRUE(reader_.end);
}

TEST_F(AttemptTailsTest, AStopEndsThemAll) {
  Begin(reader_);
  reader_.slow = true;
  log_.Write(1);
  Look();
  tails_->Stop();
  EXPECT_EQ(aip::ReasonOf(reader_.end.value()), v1::STOPPING);
  std::exchange(reader_.written, nullptr)(true);
  Reader late;
  Begin(late);
  EXPECT_EQ(aip::ReasonOf(late.end.value()), v1::STOPPING);
  tails_.reset();
}

TEST_F(AttemptTailsTest, ItsThreadLooksByItself) {
  const base::SystemClock clock;
  Reader reader;
  const auto tails = AttemptTails::Create(&log_, tokens_, clock);
  tails->Start();
  v1::TailAttemptsRequest request;
  request.set_parent("tenants/acme/destinations/-/deliveries/-");
  tails->Begin(request, caller_, std::make_unique<ToReader>(reader));
  tails->Stop();
  EXPECT_EQ(aip::ReasonOf(reader.end.value()), v1::STOPPING);
}

}  // namespace
}  // namespace carillon::control
