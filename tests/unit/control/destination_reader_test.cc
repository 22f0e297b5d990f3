#include "carillon/control/destination_reader.h"

#include <gmock/gmock.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control_fixtures.h"

namespace carillon::control {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class DestinationReaderTest : public ControlTest {
 protected:
  DestinationReaderTest() {
    reader_ = std::make_unique<DestinationReader>(
        *types_[0], *destinations_,
        [this](std::vector<store::LaneName> names, absl::AnyInvocable<void(Statuses)> done) {
          std::vector<std::string> asked;
          Statuses told;
          for (const store::LaneName& name : names) {
            asked.push_back(name.tenant + "/" + name.name);
            const auto found = fares_.find(name.name);
            told.push_back(found == fares_.end() ? std::nullopt : std::optional(found->second));
          }
          asked_.push_back(std::move(asked));
          if (hold_asked_) return held_asked_.push_back(std::move(done));
          done(std::move(told));
        },
        [this](absl::AnyInvocable<void()> task) {
          if (!stopped_) task();
          return !stopped_;
        });
  }
  absl::StatusOr<v1::Destination> Get(const std::string& name) {
    return Await<v1::Destination>([&](Methods::Done done) { reader_->Get(name, std::move(done)); });
  }
  absl::StatusOr<Page> List(ListRequest request) {
    request.method = "List";
    if (request.parent.empty()) request.parent = "tenants/acme";
    std::optional<absl::StatusOr<Page>> answer;
    reader_->List(request, {.principal = "tokens/ops"},
                  [&answer](absl::StatusOr<Page> page) { answer = std::move(page); });
    if (!answer) return absl::UnknownError("no answer");
    return *std::move(answer);
  }
  /// The ids that the list has.
  std::vector<std::string> Ids(const absl::StatusOr<Page>& page) {
    std::vector<std::string> ids;
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) return ids;
    for (const Answer& one : page->resources) {
      const std::string& name = static_cast<const v1::Destination&>(*one).name();
      ids.push_back(name.substr(name.rfind('/') + 1));
    }
    return ids;
  }
  void MakeThree() {
    for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(Create(id, kUrl).ok());
    fares_["b"].state = delivery::DestinationStatus::State::kDisabled;
    fares_["b"].disabled = model::DisabledReason::kGone;
    fares_["a"].queued = 3;
    fares_["b"].queued = 7;
    fares_["c"].queued = 5;
  }

  std::map<std::string, delivery::DestinationStatus> fares_;
  std::vector<std::vector<std::string>> asked_;
  bool hold_asked_ = false;
  std::deque<absl::AnyInvocable<void(Statuses)>> held_asked_;
  bool stopped_ = false;
  std::unique_ptr<DestinationReader> reader_;
};

TEST_F(DestinationReaderTest, OneHasItsStatus) {
  const auto made = Create("orders", kUrl);
  ASSERT_TRUE(made.ok());
  delivery::DestinationStatus& fares = fares_["orders"];
  fares.state = delivery::DestinationStatus::State::kDisabled;
  fares.disabled = model::DisabledReason::kFailing;
  fares.since = base::FromUnixNanos(17'000'000'005);
  fares.last_attempt = base::FromUnixNanos(16'000'000'000);
  fares.last_outcome = model::Outcome::kHttp4xx;
  fares.last_http_status = 404;
  fares.failing_since = base::FromUnixNanos(15'000'000'000);
  fares.circuit = delivery::DestinationStatus::Circuit::kRamping;
  fares.parked = 9;
  fares.behind = true;
  fares.in_flight = 2;
  fares.concurrency = 4;
  const auto found = Get(kOrders);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->state(), v1::Destination::DISABLED);
  EXPECT_EQ(found->etag(), made->etag());
  EXPECT_TRUE(found->keys(0).secret().value().empty());
  const auto expected = Made<v1::DestinationStatus>(
      "reason: FAILING state_time { seconds: 17 nanos: 5 } last_attempt_time { seconds: 16 } "
      "failing_since { seconds: 15 } last_outcome: OUTCOME_HTTP_4XX last_response_status: 404 "
      "circuit: RAMPING parked_count: 9 behind: true in_flight_count: 2 effective_concurrency: 4");
  EXPECT_EQ(found->status().DebugString(), expected.DebugString());
  EXPECT_THAT(asked_, ElementsAre(ElementsAre("acme/orders")));
}

TEST_F(DestinationReaderTest, WhoMadeItSoAndWhatWasSaid) {
  ASSERT_TRUE(Create("orders", kUrl).ok());
  delivery::DestinationStatus& fares = fares_["orders"];
  fares.call = std::make_shared<const store::OwnerCall>(store::OwnerCall{
      .at = base::FromUnixNanos(0), .principal = "token:tokens/ops", .reason = "rest"});
  fares.state = delivery::DestinationStatus::State::kPaused;
  fares.pause_ends = base::FromUnixNanos(60'000'000'000);
  EXPECT_EQ(Get(kOrders)->state(), v1::Destination::PAUSED);
  EXPECT_EQ(Get(kOrders)->status().reason(), v1::DestinationStatus::PRINCIPAL);
  EXPECT_EQ(Get(kOrders)->status().principal(), "token:tokens/ops");
  EXPECT_EQ(Get(kOrders)->status().message(), "rest");
  EXPECT_EQ(Get(kOrders)->status().pause_end_time().seconds(), 60);
  fares.call.reset();
  EXPECT_EQ(Get(kOrders)->status().reason(), v1::DestinationStatus::RECEIVER);
  EXPECT_EQ(Get(kOrders)->status().principal(), "");
}

TEST_F(DestinationReaderTest, OneThatDeliveryDoesNotTellOfIsShownWithout) {
  const auto found = Get("tenants/acme/destinations/in-file");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->origin().kind(), v1::Origin::FILE);
  EXPECT_EQ(found->state(), v1::Destination::STATE_UNSPECIFIED);
  EXPECT_FALSE(found->has_status());
}

TEST_F(DestinationReaderTest, OneThatIsNotThereIsNotAskedFor) {
  EXPECT_EQ(aip::ReasonOf(Get("tenants/acme/destinations/nobody").status()),
            v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(aip::ReasonOf(Get("orders").status()), v1::FIELD_INVALID);
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(DestinationReaderTest, APageIsOneQuestionOfWhatIsOnIt) {
  MakeThree();
  const auto page = List({.page_size = 2});
  EXPECT_THAT(Ids(page), ElementsAre("a", "b"));
  EXPECT_THAT(asked_, ElementsAre(ElementsAre("acme/a", "acme/b")));
  EXPECT_EQ(static_cast<const v1::Destination&>(*page->resources[1]).status().reason(),
            v1::DestinationStatus::GONE);
  EXPECT_THAT(Ids(List({.page_size = 2, .page_token = page->next_page_token})),
              ElementsAre("c", "in-file"));
}

TEST_F(DestinationReaderTest, FilteredAndOrderedByStatusOverAllPages) {
  MakeThree();
  EXPECT_THAT(Ids(List({.filter = "state = DISABLED"})), ElementsAre("b"));
  ASSERT_EQ(asked_.size(), 1u) << "one question for all";
  EXPECT_THAT(asked_[0], UnorderedElementsAre("acme/a", "acme/b", "acme/c", "acme/in-file"));
  EXPECT_THAT(Ids(List({.filter = "status.queued_count > 3"})), ElementsAre("b", "c"));
  EXPECT_THAT(Ids(List({.filter = "status.queuedCount > 3"})), ElementsAre("b", "c"));
  EXPECT_THAT(Ids(List({.filter = "state = ACTIVE"})), ElementsAre("a", "c"))
      << "what is not told matches nothing";
  const auto first = List({.page_size = 1, .order_by = "status.queued_count desc"});
  EXPECT_THAT(Ids(first), ElementsAre("b"));
  EXPECT_EQ(first->total_size, 4);
  EXPECT_THAT(Ids(List({.page_size = 2,
                        .page_token = first->next_page_token,
                        .order_by = "status.queued_count desc"})),
              ElementsAre("c", "a"));
}

TEST_F(DestinationReaderTest, WrongListsAreRefused) {
  EXPECT_EQ(aip::ReasonOf(List({.filter = "status.nothing = 1"}).status()), v1::FILTER_INVALID);
  EXPECT_EQ(aip::ReasonOf(List({.order_by = "status.reason"}).status()), v1::ORDER_BY_INVALID);
  EXPECT_EQ(aip::ReasonOf(List({.parent = "acme", .filter = "state = ACTIVE"}).status()),
            v1::FIELD_INVALID);
}

TEST_F(DestinationReaderTest, ListsByStatusAtOnceAreBounded) {
  hold_asked_ = true;
  int answered = 0;
  const auto ask = [&] {
    reader_->List({.method = "List", .parent = "tenants/acme", .filter = "state = ACTIVE"},
                  {.principal = "tokens/ops"}, [&answered](const auto&) { ++answered; });
  };
  for (size_t i = 0; i < DestinationReader::kMaxByStatus; ++i) ask();
  EXPECT_EQ(aip::ReasonOf(List({.filter = "state = ACTIVE"}).status()), v1::RATE_LIMITED);
  EXPECT_EQ(answered, 0);
  for (auto& done : held_asked_) done(Statuses(1));
  EXPECT_EQ(answered, 4);
  hold_asked_ = false;
  EXPECT_TRUE(List({.filter = "state = ACTIVE"}).ok()) << "their places are free again";
}

TEST_F(DestinationReaderTest, TheEndIsAnAnswer) {
  ASSERT_TRUE(Create("orders", kUrl).ok());
  stopped_ = true;
  EXPECT_EQ(aip::ReasonOf(Get(kOrders).status()), v1::STOPPING);
  EXPECT_EQ(aip::ReasonOf(List({}).status()), v1::STOPPING);
}

}  // namespace
}  // namespace carillon::control
