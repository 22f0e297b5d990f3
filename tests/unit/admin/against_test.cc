// What a command line makes of the page /pending.
#include "carillon/admin/against.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

#include "pending_support.h"

namespace carillon::admin {
namespace {

using testing::HasSubstr;
using testing::Not;

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
  resource::Config changed;
  changed.delivery.set_threads(7);
  changed.resolver.add_servers("127.0.0.1");
  changed.tracing.file = "another";
  const auto text = CompareWithPage(changed, PageOf({}));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, HasSubstr("a reload leaves as it is: delivery, resolver, tracing"));
}

TEST(Against, SectionsThatAReloadLeavesAreNamed) {
  resource::Config changed;
  changed.server.set_max_batch_events(7);
  changed.journal.set_data_dir("/elsewhere");
  const auto text = CompareWithPage(changed, PageOf({}));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, HasSubstr("restart needed: a reload leaves as it is: server, journal"));
}

TEST(Against, SectionsOfAnotherVersionAreNotCompared) {
  resource::Config changed;
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

TEST(Against, TheSameNameOfAnotherTenantIsAnotherDestination) {
  const std::string page = PageOf(
      {.destinations = {{.tenant = "other", .name = "one", .in_flight = 1}, Left("one", 3)}});
  const auto text = CompareWithPage(Wanting({"one"}), page);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, HasSubstr("2 destinations in force, 1 taken out, 0 new"));
  EXPECT_THAT(*text,
              HasSubstr("other/one is taken out: 1 delivery given up (0 parked, 0 in memory, "
                        "1 in flight, 0 behind)"));
  EXPECT_THAT(*text, HasSubstr("given up in all: 1\n"));
}

TEST(Against, WhatIsNotCountedIsNoneWhereNothingIsBehind) {
  const std::string page =
      PageOf({.destinations = {Left("far", 2, std::nullopt)}, .next_position = 4});
  const auto text = CompareWithPage(Wanting({}), page);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, HasSubstr("those it wants of 0 events from position 5 on"));
}

TEST(Against, NamesOfThePageAreShownHarmless) {
  const std::string page =
      PageOf({.destinations = {Left("a\x1b[31m\n" + std::string(900, 'x'), 1)}});
  const auto text = CompareWithPage(Wanting({}), page);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(text->find('\x1b'), std::string::npos);
  EXPECT_LT(text->size(), 600u);
}

TEST(Against, ASectionThatThisProgramDoesNotKnowIsLeftAlone) {
  PendingHead head = HeadOf({});
  head.start_sections.emplace_back("later", "0123456789abcdef");
  const auto text = CompareWithPage({}, RenderPending(head, {}, PendingPage::kMaxBytes));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, HasSubstr("a reload takes all of it"));
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
