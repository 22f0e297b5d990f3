#include "carillon/control/summary_methods.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control_fixtures.h"

namespace carillon::control {
namespace {

using delivery::DestinationStatus;
using model::Outcome;

class FixedRates final : public statistics::StatisticsStore {
 public:
  void Add(uint32_t, const statistics::Entry&) override {}
  void Find(statistics::Query,
            absl::AnyInvocable<void(absl::StatusOr<statistics::Result>)>) override {}
  void Flush() override {}
  statistics::Figures figures() const override { return {}; }
  statistics::Rates rates(const std::string& tenant) const override {
    const auto found = of.find(tenant);
    return found == of.end() ? statistics::Rates{} : found->second;
  }
  std::map<std::string, statistics::Rates> of;
};

class SummaryMethodsTest : public ControlTest {
 protected:
  absl::StatusOr<v1::Summary> Get(const std::string& name,
                                  std::vector<std::string> tenants = {"-"}) {
    v1::GetSummaryRequest request;
    request.set_name(name);
    return Await<v1::Summary>([&](Methods::Done done) {
      summary_.Get(request, {.principal = "x", .tenants = std::move(tenants)}, std::move(done));
    });
  }
  static DestinationStatus Failed(Outcome outcome) {
    DestinationStatus status;
    status.last_attempt = status.failing_since = base::FromUnixNanos(1);
    status.last_outcome = outcome;
    return status;
  }
  /// The counts of these alone.
  static v1::Summary Of(const std::vector<std::optional<DestinationStatus>>& all) {
    v1::Summary summary;
    for (const auto& each : all) AddToSummary(each, summary);
    return summary;
  }

  std::map<std::string, DestinationStatus> fares_;
  FixedRates rates_;
  DestinationReader reader_{
      *types_[0], *destinations_,
      [this](std::vector<store::LaneName> names, absl::AnyInvocable<void(Statuses)> done) {
        Statuses told;
        for (const store::LaneName& name : names) {
          const auto found = fares_.find(name.tenant + "/" + name.name);
          told.push_back(found == fares_.end() ? std::nullopt : std::optional(found->second));
        }
        done(std::move(told));
      },
      [](absl::AnyInvocable<void()> task) {
        task();
        return true;
      }};
  SummaryMethods summary_{reader_, &rates_};
};

TEST_F(SummaryMethodsTest, CountsWhatTheCallerSees) {
  ASSERT_TRUE(Create("orders", kUrl).ok());
  ASSERT_TRUE(Create("bills", kUrl, {.parent = "tenants/bell"}).ok());
  fares_["acme/orders"].queued = 3;
  fares_["acme/orders"].parked = 2;
  fares_["acme/orders"].in_flight = 1;
  fares_["acme/orders"].behind = true;
  fares_["acme/orders"].oldest_accepted = base::FromUnixNanos(7'000'000'001);
  fares_["bell/bills"].queued = 10;
  fares_["bell/bills"].oldest_accepted = base::FromUnixNanos(5'000'000'000);
  rates_.of = {{"", {9, 8}}, {"acme", {2, 1}}, {"bell", {3, 4}}};
  auto summary = Get("tenants/acme");
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->name(), "tenants/acme");
  EXPECT_EQ(summary->destination_count(), 2) << "one is of the file";
  EXPECT_EQ(summary->unknown_count(), 1);
  EXPECT_EQ(summary->queued_count(), 3);
  EXPECT_EQ(summary->parked_count(), 2);
  EXPECT_EQ(summary->in_flight_count(), 1);
  EXPECT_EQ(summary->behind_count(), 1);
  EXPECT_EQ(summary->oldest_accept_time().seconds(), 7);
  EXPECT_EQ(summary->accepted_per_second(), 2);
  EXPECT_EQ(summary->delivered_per_second(), 1);
  summary = Get("tenants/-");
  EXPECT_EQ(summary->queued_count(), 13);
  EXPECT_EQ(summary->oldest_accept_time().seconds(), 5);
  EXPECT_EQ(summary->accepted_per_second(), 9);
  summary = Get("tenants/-", {"acme", "bell"});
  EXPECT_EQ(summary->accepted_per_second(), 5);
  EXPECT_EQ(summary->delivered_per_second(), 5);
  summary = Get("tenants/-", {"bell"});
  EXPECT_EQ(summary->destination_count(), 1);
  EXPECT_EQ(summary->queued_count(), 10);
  for (const char* name : {"acme", "tenants/", "tenants/acme/destinations/orders"}) {
    EXPECT_EQ(aip::ReasonOf(Get(name).status()), v1::FIELD_INVALID) << name;
  }
}

// All destinations are asked for by their names, which are not read from messages.
TEST_F(SummaryMethodsTest, NamesOfTheFileAreThoseOfItsMessages) {
  for (const auto& type : types_) {
    for (const char* tenant : {"", "acme", "none"}) {
      std::vector<std::string> names;
      for (const MessagePtr& message : type->OfFile(*repository_->file(), tenant)) {
        names.push_back(message->GetReflection()->GetString(
            *message, message->GetDescriptor()->FindFieldByName("name")));
      }
      EXPECT_EQ(type->NamesOfFile(*repository_->file(), tenant), names) << type->type() << tenant;
    }
  }
}

TEST_F(SummaryMethodsTest, WithoutStatisticsThereAreNoRates) {
  SummaryMethods without(reader_, nullptr);
  v1::GetSummaryRequest request;
  request.set_name("tenants/acme");
  const auto summary = Await<v1::Summary>(
      [&](Methods::Done done) { without.Get(request, {.principal = "x"}, std::move(done)); });
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_FALSE(summary->has_accepted_per_second());
  EXPECT_FALSE(summary->has_oldest_accept_time());
}

TEST_F(SummaryMethodsTest, TellsWhatIsWrong) {
  DestinationStatus disabled = Failed(Outcome::kHttp5xx);
  disabled.state = DestinationStatus::State::kDisabled;
  DestinationStatus paused;
  paused.state = DestinationStatus::State::kPaused;
  DestinationStatus well;
  well.last_attempt = base::FromUnixNanos(1);
  DestinationStatus open = Failed(Outcome::kHttp5xx);
  open.circuit = DestinationStatus::Circuit::kOpen;
  const v1::Summary summary =
      Of({disabled, paused, well, open, Failed(Outcome::kDns), Failed(Outcome::kConnectRefused),
          Failed(Outcome::kUnreachable), Failed(Outcome::kConnectTimeout),
          Failed(Outcome::kResponseTimeout), Failed(Outcome::kTls), std::nullopt});
  EXPECT_EQ(summary.destination_count(), 11);
  EXPECT_EQ(summary.unknown_count(), 1);
  EXPECT_EQ(summary.disabled_count(), 1);
  EXPECT_EQ(summary.paused_count(), 1);
  EXPECT_EQ(summary.open_circuit_count(), 1);
  EXPECT_EQ(summary.failing_count(), 7);
  EXPECT_EQ(summary.unreachable_count(), 3);
  EXPECT_EQ(summary.timing_out_count(), 2);
  int64_t by_outcome = 0;
  for (const v1::OutcomeCount& count : summary.destinations_by_outcome()) {
    by_outcome += count.count();
    if (count.outcome() == v1::OUTCOME_HTTP_5XX) EXPECT_EQ(count.count(), 2);
  }
  EXPECT_EQ(by_outcome, 9);
}

}  // namespace
}  // namespace carillon::control
