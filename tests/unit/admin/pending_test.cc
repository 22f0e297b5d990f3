// The page /pending, and what a command line makes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carillon/admin/against.h"
#include "carillon/admin/pages.h"
#include "carillon/admin/pending_page.h"
#include "carillon/config/sections.h"
#include "fake_request.h"

namespace carillon::admin {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

model::Pending Left(const std::string& name, uint64_t parked, std::optional<uint64_t> behind = 0) {
  return {.tenant = "t", .name = name, .parked = parked, .behind = behind, .behind_from = 5};
}

config::Config Wanting(const std::vector<std::string>& names) {
  config::Config config;
  for (const std::string& name : names) {
    model::Destination& destination = config.destinations.emplace_back();
    destination.tenant = "t";
    destination.name = name;
  }
  return config;
}

PendingHead HeadOf(const config::Config& config) {
  PendingHead head{.version = CARILLON_VERSION, .at = "2026-01-01T00:00:00Z", .start_sections = {}};
  for (const config::StartSection& section : config::StartSections(config)) {
    head.start_sections.emplace_back(section.name, section.mark);
  }
  return head;
}

std::string PageOf(model::PendingReport report, size_t max_bytes = PendingPage::kMaxBytes) {
  return RenderPending(HeadOf({}), report, max_bytes);
}

TEST(PendingPage, HasThoseWithMostLeftFirstAndABound) {
  const std::string page =
      PageOf({.destinations = {Left("none", 0), Left("some", 3), Left("far", 0, std::nullopt)},
              .next_position = 90},
             2);
  const json read = json::parse(page);
  EXPECT_EQ(read["left_out"], 2);
  EXPECT_EQ(read["left_out_deliveries"], 3);
  EXPECT_EQ(read["next_position"], 90);
  ASSERT_EQ(read["destinations"].size(), 1u);
  EXPECT_EQ(read["destinations"][0]["name"], "far");
  EXPECT_TRUE(read["destinations"][0]["behind"].is_null());
  EXPECT_EQ(read["destinations"][0]["behind_from"], 5);
  EXPECT_EQ(read["start_sections"].size(), 5u);
}

class PendingPageTest : public testing::Test {
 protected:
  void Counted(model::PendingReport report = {}) { std::exchange(answer_, nullptr)(report); }

  base::SimulatedClock clock_;
  int counts_ = 0;
  absl::AnyInvocable<void(model::PendingReport)> answer_;
  std::vector<absl::AnyInvocable<void()>> posted_;
  bool post_later_ = false;
  PendingPage page_{[this](absl::AnyInvocable<void(model::PendingReport)> done) {
                      ++counts_;
                      answer_ = std::move(done);
                    },
                    [this](absl::AnyInvocable<void()> work) {
                      if (!post_later_) return work();
                      posted_.push_back(std::move(work));
                    },
                    {},
                    clock_};
};

TEST_F(PendingPageTest, EverybodyWhoWaitsIsAnsweredByOneCount) {
  web::FakeRequest one, two;
  page_.Answer(one.responder());
  page_.Answer(two.responder());
  EXPECT_EQ(counts_, 1);
  EXPECT_FALSE(one.answer().has_value()) << "nobody waits for it on this thread";
  Counted({.destinations = {Left("one", 1)}, .next_position = 2});
  for (web::FakeRequest* request : {&one, &two}) {
    ASSERT_TRUE(request->answer().has_value());
    EXPECT_EQ(request->answer()->status, 200);
    EXPECT_EQ(request->answer()->content_type, "application/json");
    EXPECT_THAT(std::string(request->answer()->bytes()), HasSubstr("\"parked\":1"));
  }
  web::FakeRequest next;
  page_.Answer(next.responder());
  EXPECT_EQ(counts_, 2) << "what was shown is not shown again";
}

TEST_F(PendingPageTest, ItIsRenderedOnItsOwnThread) {
  post_later_ = true;
  web::FakeRequest request;
  page_.Answer(request.responder());
  Counted();
  EXPECT_FALSE(request.answer().has_value());
  ASSERT_EQ(posted_.size(), 1u);
  posted_[0]();
  EXPECT_TRUE(request.answer().has_value());
}

TEST_F(PendingPageTest, WhatTakesLongIsShownToTheNextWhoAsks) {
  web::FakeRequest impatient, second, third, fourth;
  page_.Answer(impatient.responder());
  impatient.Leave();
  page_.Answer(second.responder());
  second.Leave();
  EXPECT_EQ(counts_, 1) << "one at a time";
  Counted({.destinations = {Left("one", 1)}, .next_position = 2});
  page_.Answer(third.responder());
  ASSERT_TRUE(third.answer().has_value());
  EXPECT_THAT(third.answer()->body, HasSubstr("\"parked\":1"));
  page_.Answer(fourth.responder());
  EXPECT_FALSE(fourth.answer().has_value());
  EXPECT_EQ(counts_, 2) << "shown once";
  EXPECT_FALSE(impatient.answer().has_value());
}

TEST_F(PendingPageTest, WhatNobodyFetchedInTimeIsCountedAgain) {
  web::FakeRequest first, second, third;
  page_.Answer(first.responder());
  first.Leave();
  Counted();
  clock_.Advance(PendingPage::kFresh + std::chrono::nanoseconds(1));
  page_.Answer(second.responder());
  EXPECT_FALSE(second.answer().has_value()) << "what it was is not what it is";
  EXPECT_EQ(counts_, 2);
  second.Leave();
  Counted();
  clock_.Advance(PendingPage::kFresh);
  page_.Answer(third.responder());
  EXPECT_TRUE(third.answer().has_value());
}

TEST(PendingPage, IsOneOfThePages) {
  const Health health;
  const auto metrics = metrics::Metrics::Create("1.2.3");
  const auto get = [](const Pages& pages) {
    web::Routes routes;
    pages.AddTo(routes);
    const web::Route* const route = routes.Find("/pending");
    EXPECT_EQ(route->answer_timeout, PendingPage::kPatience);
    EXPECT_EQ(route->timeout_response.status, 503);
    EXPECT_THAT(route->timeout_response.body, HasSubstr("ask again"));
    web::FakeRequest request;
    route->handler({}, request.responder());
    return request.answer();
  };
  EXPECT_EQ(get(Pages(health, *metrics))->status, 503);
  EXPECT_EQ(get(Pages(health, *metrics, [](web::Responder r) { r.Reply({}); }))->status, 200);
  EXPECT_FALSE(get(Pages(health, *metrics,
                         [kept = std::make_shared<std::optional<web::Responder>>()](
                             web::Responder r) { *kept = std::move(r); })));
}

TEST(Against, TellsWhatIsTakenOutAndTheSum) {
  const std::string page =
      PageOf({.destinations = {Left("stays", 7), Left("old", 10, 3'000), Left("idle", 0)}});
  const auto text = CompareWithPage(Wanting({"stays", "new"}), page);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, HasSubstr("3 destinations in force, 2 taken out, 1 new"));
  EXPECT_THAT(*text, HasSubstr("t/old is taken out: 3010 deliveries given up (10 parked, 0 in "
                               "memory, 0 in flight, 3000 behind)"));
  EXPECT_THAT(*text, HasSubstr("t/idle is taken out: nothing is given up"));
  EXPECT_THAT(*text, HasSubstr("given up in all: 3010\n"));
  EXPECT_THAT(*text, HasSubstr("a reload takes all of it"));
  EXPECT_THAT(*text, Not(HasSubstr("stays")));
}

TEST(Against, WhatWasNotCountedIsSaid) {
  const std::string page =
      PageOf({.destinations = {Left("far", 2, std::nullopt)}, .next_position = 105});
  const auto text = CompareWithPage(Wanting({}), page);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, HasSubstr("at least 2 deliveries given up"));
  EXPECT_THAT(*text, HasSubstr("those it wants of 100 events from position 5 on"));
  EXPECT_THAT(*text, HasSubstr("given up in all: at least 2"));
}

TEST(Against, DestinationsThatTheServerDidNotListMakeTheSumALeast) {
  const std::string page = PageOf({.destinations = {Left("most", 9), Left("less", 3)}}, 2);
  const auto text = CompareWithPage(Wanting({}), page);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, HasSubstr("2 destinations in force, 1 taken out, up to 0 new"));
  EXPECT_THAT(*text, HasSubstr("given up in all: at least 9; the server did not list 1 "
                               "destination, those with least left"));
}

TEST(Against, HasABoundOfLinesAndSaysHowManyMoreThereAre) {
  const auto compare = [](size_t count) {
    model::PendingReport report;
    for (size_t i = 0; i < count; ++i) report.destinations.push_back(Left(std::to_string(i), 1));
    const auto text = CompareWithPage(Wanting({}), PageOf(report));
    EXPECT_TRUE(text.ok()) << text.status();
    return text.value_or("");
  };
  const auto lines = [](std::string_view text) {
    size_t found = 0;
    for (size_t at = 0; (at = text.find(" is taken out: ", at)) != text.npos; ++at) ++found;
    return found;
  };
  const std::string most = compare(kMaxLines);
  EXPECT_EQ(lines(most), kMaxLines);
  EXPECT_THAT(most, Not(HasSubstr("more that have less left")));
  const std::string more = compare(kMaxLines + 2);
  EXPECT_EQ(lines(more), kMaxLines);
  EXPECT_THAT(more, HasSubstr("\n  and 2 more that have less left\n"));
  EXPECT_THAT(more, HasSubstr("given up in all: 1002\n"));
}

TEST(Against, EverySectionOfTheStartIsCompared) {
  config::Config changed;
  changed.delivery.set_threads(7);
  changed.resolver.add_servers("127.0.0.1");
  changed.tracing.file = "another";
  const auto text = CompareWithPage(changed, PageOf({}));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, HasSubstr("a reload leaves as it is: delivery, resolver, tracing"));
}

TEST(Against, SectionsThatAReloadLeavesAreNamed) {
  config::Config changed;
  changed.server.set_max_batch_events(7);
  changed.journal.set_data_dir("/elsewhere");
  const auto text = CompareWithPage(changed, PageOf({}));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, HasSubstr("restart needed: a reload leaves as it is: server, journal"));
}

TEST(Against, SectionsOfAnotherVersionAreNotCompared) {
  config::Config changed;
  changed.server.set_max_batch_events(7);
  PendingHead head = HeadOf({});
  head.version = "0.0.1\n";
  const auto text = CompareWithPage(changed, RenderPending(head, {}, PendingPage::kMaxBytes));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, HasSubstr("the server is version 0.0.1"));
  EXPECT_THAT(*text, HasSubstr(" and this program " CARILLON_VERSION
                               ": whether a restart is needed cannot be compared"));
  EXPECT_THAT(*text, Not(HasSubstr("restart needed:")));
}

TEST(Against, AnotherTextIsNoPage) {
  const std::vector<std::string> texts = {
      "",
      "{}",
      "[]",
      "null",
      "<html>",
      R"({"version":1})",
      R"({"version":"x","next_position":-1,"left_out":0,"start_sections":{},"destinations":[]})",
      R"({"version":"x","next_position":1,"left_out":0,"start_sections":[3],"destinations":[{}]})"};
  for (const std::string& text : texts) {
    EXPECT_FALSE(CompareWithPage({}, text).ok()) << text;
  }
}

TEST(Against, AWrongAddressIsNoServersFault) {
  for (const char* url :
       {"", "127.0.0.1:7081", "https://127.0.0.1:7081", "http://127.0.0.1/metrics",
        "http://user@127.0.0.1/", "http://127.0.0.1:99999"}) {
    EXPECT_EQ(CompareWithRunning({}, url, std::chrono::seconds(1)).result, Compared::kWrongUrl)
        << url;
  }
}

/// Listens and never answers: the kernel takes the connection and the request.
class SilentPort {
 public:
  SilentPort() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(fd_, any, size), 0);
    EXPECT_EQ(listen(fd_, 1), 0);
    EXPECT_EQ(getsockname(fd_, any, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentPort() { close(fd_); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  const int fd_;
  uint16_t port_ = 0;
};

TEST(Against, ASilentServerIsNotWaitedForForever) {
  const SilentPort silent;
  const Comparison comparison =
      CompareWithRunning({}, silent.url(), std::chrono::milliseconds(100));
  EXPECT_EQ(comparison.result, Compared::kNoAnswer);
  EXPECT_THAT(comparison.text, HasSubstr("reading the answer: timeout"));
}

}  // namespace
}  // namespace carillon::admin
