// What the service asks of the statistics, and how it answers.
#include "carillon/control/stats_methods.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>

#include <optional>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"

namespace carillon::control {
namespace {

using statistics::GroupBy;
using statistics::Subject;
using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kStatsStart[] = "start_time { seconds: 1699990000 }";
constexpr char kStatsOrders[] = "name: 'tenants/acme/destinations/orders' ";

/// Remembers what it was asked, and answers with what it was given.
class FakeStatistics final : public statistics::StatisticsStore {
 public:
  void Add(uint32_t, const statistics::Entry&) override {}
  void Find(statistics::Query query,
            absl::AnyInvocable<void(absl::StatusOr<statistics::Result>)> done) override {
    asked = query;
    if (!failure.ok()) return done(failure);
    done(result);
  }
  void Flush() override {}
  statistics::Figures figures() const override { return {}; }
  statistics::Rates rates(const std::string&) const override { return {}; }

  std::optional<statistics::Query> asked;
  statistics::Result result;
  absl::Status failure;
};

/// Two destinations of `acme`: `orders` of the API, and `in-file`.
class TwoDestinations final : public View {
 public:
  TwoDestinations() {
    auto orders = std::make_shared<v1::Destination>();
    orders->set_uid("uid-of-orders");
    orders_ = std::move(orders);
    model::Destination of_file;
    of_file.tenant = "acme";
    of_file.name = "in-file";
    file_ = resource::MakeSnapshot(1, {}, {}, {of_file}, {}, nullptr);
  }
  Entry Find(std::string_view name) const override {
    return name == "tenants/acme/destinations/orders" ? Entry{std::string(name), 1, orders_}
                                                      : Entry{};
  }
  std::vector<Entry> List(std::string_view) const override { return {}; }
  resource::SnapshotPtr file() const override { return file_; }
  resource::SnapshotPtr stored() const override { return file_; }

 private:
  MessagePtr orders_;
  resource::SnapshotPtr file_;
};

class StatsMethodsTest : public testing::Test {
 protected:
  template <typename Response, typename Call>
  absl::StatusOr<Response> Ask(Call call) {
    absl::StatusOr<Response> result = absl::UnknownError("not answered");
    call([&result](absl::StatusOr<Answer> answer) {
      if (answer.ok()) {
        result = static_cast<const Response&>(**answer);
      } else {
        result = answer.status();
      }
    });
    return result;
  }
  absl::StatusOr<v1::GetStatsResponse> Get(const std::string& text) {
    v1::GetStatsRequest request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
    return Ask<v1::GetStatsResponse>(
        [&](StatsMethods::Done done) { methods_.Get(request, std::move(done)); });
  }
  absl::StatusOr<v1::BatchGetStatsResponse> BatchGet(const std::string& text) {
    v1::BatchGetStatsRequest request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
    return Ask<v1::BatchGetStatsResponse>(
        [&](StatsMethods::Done done) { methods_.BatchGet(request, std::move(done)); });
  }
  /// Refused, for this member.
  void Refuses(const absl::Status& status, const std::string& field) {
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    google::rpc::BadRequest bad;
    ASSERT_TRUE(aip::GetDetail(status, bad)) << status;
    EXPECT_EQ(bad.field_violations(0).field(), field) << status;
  }
  std::string At(const std::string& start, const std::string& more = "") {
    return absl::StrCat(kStatsOrders, "start_time { seconds: ", start, " } ", more);
  }

  FakeStatistics store_;
  base::SimulatedClock clock_;  // 1,700,000,000
  TwoDestinations there_;
  StatsMethods methods_{&store_, there_, clock_};
};

TEST_F(StatsMethodsTest, WhoIsNamedIsAskedFor) {
  ASSERT_TRUE(Get(absl::StrCat(kStatsOrders, kStatsStart)).ok());
  EXPECT_THAT(store_.asked->subjects, ElementsAre(Subject{"acme", "orders", "uid-of-orders"}));
  EXPECT_EQ(store_.asked->group_by, GroupBy::kSubject);
  EXPECT_EQ(base::ToUnixSeconds(store_.asked->from), 1'699'990'000);
  EXPECT_EQ(store_.asked->to, clock_.Wall());
  ASSERT_TRUE(Get(absl::StrCat("name: 'tenants/acme' group_by: DESTINATION ", kStatsStart)).ok());
  EXPECT_THAT(store_.asked->subjects, ElementsAre(Subject{"acme", ""}));
  EXPECT_EQ(store_.asked->group_by, GroupBy::kDestination);
  ASSERT_TRUE(Get(absl::StrCat("name: 'tenants/-' group_by: TENANT ", kStatsStart)).ok());
  EXPECT_THAT(store_.asked->subjects, ElementsAre(Subject{}));
  EXPECT_EQ(store_.asked->group_by, GroupBy::kTenant);
}

TEST_F(StatsMethodsTest, ANameMeansWhoHasItNow) {
  ASSERT_TRUE(
      BatchGet(absl::StrCat("names: 'tenants/acme/destinations/in-file' names: 'tenants/acme' "
                            "names: 'tenants/acme/destinations/gone' ",
                            kStatsStart))
          .ok());
  EXPECT_THAT(store_.asked->subjects,
              ElementsAre(Subject{"acme", "in-file", ""}, Subject{"acme", ""},
                          Subject{"acme", "gone", std::nullopt}));
}

TEST_F(StatsMethodsTest, ANameThatIsNoneIsRefused) {
  for (const char* const name :
       {"acme", "tenants/", "tenants/-/destinations/-", "tenants/acme/destinations/-",
        "tenants/acme/subscriptions/x", "tenants/acme/destinations/a/keys/b"}) {
    Refuses(Get(absl::StrCat("name: '", name, "' ", kStatsStart)).status(), "name");
  }
  Refuses(Get(absl::StrCat("name: 'tenants/acme' group_by: TENANT ", kStatsStart)).status(),
          "group_by");
  Refuses(Get(absl::StrCat("name: 'tenants/acme' group_by: 17 ", kStatsStart)).status(),
          "group_by");
}

TEST_F(StatsMethodsTest, AStepIsChosenIfNoneIsGiven) {
  const std::pair<int, minutes> cases[] = {
      {60, minutes(1)},         {2 * 3600, minutes(1)},      {2 * 3600 + 61, minutes(2)},
      {24 * 3600, minutes(15)}, {90 * 24 * 3600, hours(24)}, {2000 * 24 * 3600, hours(30 * 24)}};
  clock_.JumpWall(minutes(40) - std::chrono::seconds(2000));  // a whole minute
  for (const auto& [seconds, step] : cases) {
    const int64_t now = base::ToUnixSeconds(clock_.Wall());
    ASSERT_TRUE(Get(At(std::to_string(now - seconds))).ok());
    EXPECT_EQ(store_.asked->step, step) << seconds;
  }
}

TEST_F(StatsMethodsTest, TimesAndStepsHaveBounds) {
  ASSERT_TRUE(Get(At("1699990000", "step { seconds: 300 } end_time { seconds: 1699990001 }")).ok());
  EXPECT_EQ(store_.asked->step, minutes(5));
  EXPECT_EQ(base::ToUnixSeconds(store_.asked->to), 1'699'990'001);
  for (const char* const step : {"seconds: 59", "seconds: 61", "seconds: 60 nanos: 1",
                                 "seconds: -60", "seconds: 7776060", ""}) {
    Refuses(Get(At("1699990000", absl::StrCat("step { ", step, " }"))).status(), "step");
  }
  ASSERT_TRUE(Get(At("1699910040", "step { seconds: 60 }")).ok());  // 1500, the last one cut
  Refuses(Get(At("1699910039", "step { seconds: 60 }")).status(), "step");
  Refuses(Get(At("1700000000")).status(), "start_time");
  Refuses(Get(At("1800000000")).status(), "start_time");
  Refuses(Get(At("1699990000", "end_time { seconds: 1699990000 }")).status(), "end_time");
  Refuses(Get(At("-62135596801")).status(), "start_time");
  Refuses(Get(At("0", "end_time { seconds: 253402300800 }")).status(), "end_time");
  Refuses(Get(At("0 nanos: 1000000000")).status(), "start_time");
  // From the year 1 on, to the year 9999: no number overflows.
  Refuses(
      Get(At("-62135596800", "end_time { seconds: 253402300799 } step { seconds: 60 }")).status(),
      "step");
}

TEST_F(StatsMethodsTest, ManySeriesHaveFewerSteps) {
  const std::string day = "step { seconds: 60 } start_time { seconds: 1699913600 }";
  ASSERT_TRUE(Get(absl::StrCat(kStatsOrders, day)).ok());
  Refuses(Get(absl::StrCat("name: 'tenants/acme' group_by: DESTINATION ", day)).status(), "step");
  const std::string groups = absl::StrCat(
      "name: 'tenants/acme' group_by: DESTINATION include_sketches: true ", kStatsStart);
  ASSERT_TRUE(Get(groups + " step { seconds: 300 }").ok());
  Refuses(Get(groups + " step { seconds: 60 }").status(), "step");
  std::string names;
  for (int i = 0; i < 50; ++i)
    names += absl::StrCat("names: 'tenants/acme/destinations/d", i, "' ");
  Refuses(BatchGet(names + day).status(), "step");
  ASSERT_TRUE(BatchGet(names + kStatsStart).ok());
  EXPECT_EQ(store_.asked->subjects.size(), 50u);
  Refuses(BatchGet(names + "names: 'tenants/acme' " + kStatsStart).status(), "names");
  Refuses(BatchGet(kStatsStart).status(), "names");
  Refuses(BatchGet(absl::StrCat("names: 'tenants/acme' names: 'x' ", kStatsStart)).status(),
          "names[1]");
}

TEST_F(StatsMethodsTest, QuantilesHaveBounds) {
  ASSERT_TRUE(Get(absl::StrCat(kStatsOrders, kStatsStart, " quantiles: 0 quantiles: 1")).ok());
  for (const char* const bad : {"-0.1", "1.01", "nan", "inf"}) {
    Refuses(
        Get(absl::StrCat(kStatsOrders, kStatsStart, " quantiles: 0.5 quantiles: ", bad)).status(),
        "quantiles[1]");
  }
  std::string many;
  for (int i = 0; i < 11; ++i) many += " quantiles: 0.5";
  Refuses(Get(absl::StrCat(kStatsOrders, kStatsStart, many)).status(), "quantiles");
}

TEST_F(StatsMethodsTest, WhatWasCountedIsShown) {
  statistics::Cell cell;
  cell.attempts[static_cast<size_t>(model::Outcome::kSuccess)] = 3;
  cell.attempts[static_cast<size_t>(model::Outcome::kBlocked)] = 2;
  cell.delivered = 30;
  cell.dead = 4;
  cell.sent_bytes = 5000;
  cell.accepted = 70;
  cell.max_us = 2'000'000;
  for (const uint32_t us : {1000u, 1000u, 2'000'000u}) cell.latency.Add(us);
  store_.result = {.series = {{.subject = {"acme", "orders", "uid"}, .cells = {cell, {}}},
                              {.subject = {"acme", ""}, .cells = {}},
                              {.subject = {}, .cells = {}},
                              {.subject = {}, .others = true, .cells = {}}},
                   .from = base::WallTime(minutes(28'333'000)),
                   .step = hours(1)};
  const auto shown = Get(absl::StrCat(kStatsOrders, kStatsStart, " quantiles: 0 quantiles: 1"));
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(shown->step().seconds(), 3600);
  EXPECT_EQ(shown->start_time().seconds(), 28'333'000 * 60);
  EXPECT_FALSE(shown->has_kept_from_time());
  ASSERT_EQ(shown->series_size(), 4);
  EXPECT_EQ(shown->series(0).name(), "tenants/acme/destinations/orders");
  EXPECT_EQ(shown->series(1).name(), "tenants/acme");
  EXPECT_EQ(shown->series(2).name(), "tenants/-");
  EXPECT_EQ(shown->series(3).name(), "");
  ASSERT_EQ(shown->series(0).points_size(), 2);
  const v1::StatsPoint& point = shown->series(0).points(0);
  ASSERT_EQ(point.attempts_size(), 2);
  EXPECT_EQ(point.attempts(0).outcome(), v1::OUTCOME_SUCCESS);
  EXPECT_EQ(point.attempts(0).count(), 3);
  EXPECT_EQ(point.attempts(1).outcome(), v1::OUTCOME_BLOCKED);
  EXPECT_EQ(point.attempts(1).count(), 2);
  EXPECT_EQ(point.delivered_count(), 30);
  EXPECT_EQ(point.dead_count(), 4);
  EXPECT_EQ(point.sent_bytes(), 5000);
  EXPECT_EQ(point.accepted_count(), 70);
  EXPECT_EQ(shown->series(0).uid(), "uid");
  EXPECT_EQ(point.max_latency().seconds(), 2);
  ASSERT_EQ(point.quantiles_size(), 2);
  EXPECT_NEAR(point.quantiles(0).nanos(), 1e6, 2e4);
  EXPECT_NEAR(static_cast<double>(point.quantiles(1).seconds()) + point.quantiles(1).nanos() * 1e-9,
              2, 0.04);
  EXPECT_FALSE(point.has_sketch());
  EXPECT_EQ(shown->series(0).points(1).ByteSizeLong(), 0u);
  store_.result.kept_from = base::WallTime(hours(400'000));
  const auto more = Get(absl::StrCat(kStatsOrders, kStatsStart, " include_sketches: true"));
  ASSERT_TRUE(more.ok());
  EXPECT_EQ(more->kept_from_time().seconds(), 400'000 * 3600);
  const v1::StatsPoint& with = more->series(0).points(0);
  EXPECT_EQ(with.quantiles_size(), 3);
  EXPECT_NEAR(with.sketch().gamma(), 1.0408, 1e-4);
  EXPECT_EQ(with.sketch().offset(), static_cast<int>(statistics::Sketch::BinOf(1000)));
  EXPECT_EQ(with.sketch().counts(0), 2u);
  EXPECT_EQ(with.sketch().counts(with.sketch().counts_size() - 1), 1u);
}

TEST_F(StatsMethodsTest, FailuresAreToldInTheWordsOfTheApi) {
  const std::string text = absl::StrCat(kStatsOrders, kStatsStart);
  store_.failure = absl::ResourceExhaustedError("many");
  EXPECT_EQ(aip::ReasonOf(Get(text).status()), v1::RATE_LIMITED);
  store_.failure = absl::OutOfRangeError("much");
  Refuses(Get(text).status(), "start_time");
  store_.failure = absl::CancelledError("end");
  EXPECT_EQ(aip::ReasonOf(Get(text).status()), v1::STOPPING);
  store_.failure = absl::UnavailableError("/var/lib/secret");
  EXPECT_EQ(aip::ReasonOf(Get(text).status()), v1::STORE_UNAVAILABLE);
  EXPECT_THAT(Get(text).status().message(), testing::Not(HasSubstr("secret")));
  const StatsMethods off(nullptr, there_, clock_);
  v1::GetStatsRequest request;
  const auto answer = Ask<v1::GetStatsResponse>(
      [&](StatsMethods::Done done) { off.Get(request, std::move(done)); });
  EXPECT_EQ(aip::ReasonOf(answer.status()), v1::STATE_CONFLICT);
}

}  // namespace
}  // namespace carillon::control
