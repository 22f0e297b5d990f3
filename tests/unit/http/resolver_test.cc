// The resolver against a name server in this process: what it answers, keeps and shares.
#include "carillon/http/resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>

#include "dns_server.h"

namespace carillon::http {
namespace {

using boost::asio::ip::make_address;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Answer = absl::StatusOr<Addresses>;

/// Far longer than anything takes.
constexpr seconds kPatience{60};

/// A simulated clock that the resolver's thread reads while the test moves it.
class SharedClock final : public base::Clock {
 public:
  base::WallTime Wall() const override {
    return base::WallTime(std::chrono::seconds(1'700'000'000) + passed_.load());
  }
  base::MonoTime Mono() const override { return base::MonoTime(passed_.load()); }
  void Advance(std::chrono::nanoseconds by) { passed_.store(passed_.load() + by); }

 private:
  std::atomic<std::chrono::nanoseconds> passed_{std::chrono::hours(1)};
};

class ResolverTest : public testing::Test {
 protected:
  ResolverTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("carillon-resolver-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    options_.servers = {dns_.address()};
    options_.timeout = seconds(30);  // for servers that answer, however late this machine is
    options_.resolv_conf = Write("resolv.conf", "");
    options_.hosts_file = Write("hosts", "");
    options_.on_lookup = [this](LookupResult result) { ++results_[static_cast<size_t>(result)]; };
    options_.on_stale = [this] { ++stale_; };
  }
  ~ResolverTest() override {
    resolver_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::trunc) << text;
    return path;
  }
  void Make() { resolver_ = Resolver::Create(options_, clock_); }
  std::future<Answer> Ask(const std::string& host, const std::string& tenant = "a") {
    auto promise = std::make_shared<std::promise<Answer>>();
    resolver_->Resolve(host, tenant,
                       [promise](Answer answer) { promise->set_value(std::move(answer)); });
    return promise->get_future();
  }
  static Answer Wait(std::future<Answer>& asked) {
    if (asked.wait_for(kPatience) != std::future_status::ready) {
      return absl::InternalError("no answer came");
    }
    return asked.get();
  }
  Answer Get(const std::string& host, const std::string& tenant = "a") {
    std::future<Answer> asked = Ask(host, tenant);
    return Wait(asked);
  }
  absl::StatusCode CodeOf(const std::string& host) { return Get(host).status().code(); }
  int results(LookupResult result) { return results_[static_cast<size_t>(result)]; }
  /// Asks until the answer is `expected`, letting the resolver look at its files.
  bool Becomes(const std::string& host, const Addresses& expected) {
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < give_up) {
      clock_.Advance(seconds(1));
      const Answer answer = Get(host);
      if (answer.ok() && *answer == expected) return true;
      std::this_thread::sleep_for(milliseconds(5));
    }
    return false;
  }

  const Addresses one_{make_address("192.0.2.7")};
  const Addresses other_{make_address("192.0.2.8")};
  const std::filesystem::path folder_;
  SharedClock clock_;
  DnsServer dns_;
  ResolverOptions options_;
  std::array<std::atomic<int>, kLookupResultCount> results_{};
  std::atomic<int> stale_{0};
  std::unique_ptr<Resolver> resolver_;
};

TEST_F(ResolverTest, GivesTheAddressesOfBothFamilies) {
  Make();
  const auto v6 = make_address("2001:db8::1");
  dns_.Answer("a.example", {one_[0], v6, other_[0]});
  const Answer answer = Get("a.example");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(*answer, testing::UnorderedElementsAre(one_[0], v6, other_[0]));
  EXPECT_EQ(results(LookupResult::kOk), 1);
}

TEST_F(ResolverTest, OneFamilyIsEnough) {
  Make();
  dns_.Answer("four.example", one_);
  dns_.Answer("six.example", {make_address("2001:db8::1")});
  EXPECT_EQ(*Get("four.example"), one_);
  EXPECT_EQ(*Get("six.example"), Addresses{make_address("2001:db8::1")});
}

TEST_F(ResolverTest, TakesAddressesAsTheyAre) {
  Make();
  EXPECT_EQ(*Get("192.0.2.1"), Addresses{make_address("192.0.2.1")});
  EXPECT_EQ(*Get("::1"), Addresses{make_address("::1")});
  EXPECT_EQ(dns_.asked("192.0.2.1"), 0);
}

TEST_F(ResolverTest, ManyShareOneLookup) {
  Make();
  std::promise<void> open;
  std::shared_future<void> opened = open.get_future().share();
  dns_.Answer("a.example", [&, opened](const DnsQuestion& question) {
    opened.wait();
    DnsReply reply(question);
    if (question.type == kTypeA) reply.Add(one_[0], 60);
    return std::vector{reply.Bytes()};
  });
  std::vector<std::future<Answer>> waiting;
  for (int i = 0; i < 50; ++i) waiting.push_back(Ask("a.example", "t" + std::to_string(i % 3)));
  open.set_value();
  for (auto& one : waiting) EXPECT_EQ(*Wait(one), one_);
  EXPECT_EQ(results(LookupResult::kOk), 1);
}

TEST_F(ResolverTest, AnAnswerLivesForItsTtl) {
  Make();
  dns_.Answer("a.example", one_, 60);
  EXPECT_EQ(*Get("a.example"), one_);
  dns_.Answer("a.example", other_, 60);
  clock_.Advance(milliseconds(59'999));
  EXPECT_EQ(*Get("a.example"), one_);
  EXPECT_EQ(dns_.asked("a.example"), 1);
  clock_.Advance(milliseconds(1));
  EXPECT_EQ(*Get("a.example"), other_);
  EXPECT_EQ(dns_.asked("a.example"), 2);
}

TEST_F(ResolverTest, TtlsAreBounded) {
  options_.ttl_min = seconds(10);
  options_.ttl_max = seconds(100);
  Make();
  dns_.Answer("short.example", one_, 0);
  dns_.Answer("long.example", one_, 1'000'000);
  Get("short.example").IgnoreError();
  Get("long.example").IgnoreError();
  clock_.Advance(milliseconds(9'999));
  Get("short.example").IgnoreError();
  EXPECT_EQ(dns_.asked("short.example"), 1);
  clock_.Advance(milliseconds(1));
  Get("short.example").IgnoreError();
  EXPECT_EQ(dns_.asked("short.example"), 2);
  clock_.Advance(milliseconds(89'999));
  Get("long.example").IgnoreError();
  EXPECT_EQ(dns_.asked("long.example"), 1);
  clock_.Advance(milliseconds(1));
  Get("long.example").IgnoreError();
  EXPECT_EQ(dns_.asked("long.example"), 2);
}

TEST_F(ResolverTest, AnAliasIsFollowedAndItsTtlCounts) {
  Make();
  dns_.Answer("alias.example", [&](const DnsQuestion& question) {
    DnsReply reply(question);
    reply.AddCname("alias.example", "real.example", 20);
    if (question.type == kTypeA) reply.AddTo("real.example", one_[0], 60);
    return std::vector{reply.Bytes()};
  });
  EXPECT_EQ(*Get("alias.example"), one_);
  clock_.Advance(seconds(20));
  Get("alias.example").IgnoreError();
  EXPECT_EQ(dns_.asked("alias.example"), 2);
}

TEST_F(ResolverTest, AFailureLivesForItsOwn) {
  Make();
  EXPECT_EQ(CodeOf("no.example"), absl::StatusCode::kNotFound);
  clock_.Advance(milliseconds(4'999));
  EXPECT_EQ(CodeOf("no.example"), absl::StatusCode::kNotFound);
  EXPECT_EQ(dns_.asked("no.example"), 1);
  clock_.Advance(milliseconds(1));
  dns_.Answer("no.example", one_);
  EXPECT_EQ(*Get("no.example"), one_);
}

TEST_F(ResolverTest, SilenceIsRememberedToo) {
  options_.timeout = milliseconds(200);
  Make();
  dns_.Silence("silent.example");
  EXPECT_EQ(CodeOf("silent.example"), absl::StatusCode::kUnavailable);
  EXPECT_EQ(LookupCode(Get("silent.example").status()), "TIMEOUT");
  EXPECT_EQ(results(LookupResult::kTimeout), 1);
  const int asked = dns_.asked("silent.example");
  EXPECT_EQ(asked, 2);  // the attempts
  EXPECT_EQ(CodeOf("silent.example"), absl::StatusCode::kUnavailable);
  EXPECT_EQ(dns_.asked("silent.example"), asked);
}

// Of an answer whose other half is lost, the half that came is used.
TEST_F(ResolverTest, AServerThatIsSilentToOneFamily) {
  options_.timeout = seconds(5);  // of which the half that comes needs none, but on a late machine
  options_.attempts = 1;
  Make();
  dns_.Answer("half.example", [&](const DnsQuestion& question) {
    if (question.type == kTypeAaaa) return std::vector<std::string>();
    return std::vector{DnsReply(question).Add(one_[0], 60).Bytes()};
  });
  EXPECT_EQ(*Get("half.example"), one_);
}

TEST_F(ResolverTest, FailuresOfTheServer) {
  Make();
  const auto fail = [&](const std::string& name, int code) {
    dns_.Answer(name, [code](const DnsQuestion& question) {
      return std::vector{DnsReply(question).Code(code).Bytes()};
    });
    return CodeOf(name);
  };
  const auto code = [&](const std::string& name) { return LookupCode(Get(name).status()); };
  EXPECT_EQ(fail("servfail.example", 2), absl::StatusCode::kUnavailable);
  EXPECT_EQ(fail("refused.example", 5), absl::StatusCode::kUnavailable);
  EXPECT_EQ(fail("notimp.example", 4), absl::StatusCode::kUnavailable);
  EXPECT_EQ(fail("nx.example", 3), absl::StatusCode::kNotFound);
  EXPECT_EQ(fail("empty.example", 0), absl::StatusCode::kNotFound);
  EXPECT_EQ(results(LookupResult::kError), 3);
  EXPECT_EQ(results(LookupResult::kNotFound), 2);
  // As the cache has them.
  EXPECT_EQ(code("servfail.example"), "SERVFAIL");
  EXPECT_EQ(code("refused.example"), "REFUSED");
  EXPECT_EQ(code("notimp.example"), "NOTIMP");
  EXPECT_EQ(code("nx.example"), "NXDOMAIN");
  EXPECT_EQ(code("empty.example"), "NODATA");
}

TEST_F(ResolverTest, NoServerListens) {
  {
    const DnsServer gone;
    options_.servers = {gone.address()};
  }
  Make();
  EXPECT_EQ(CodeOf("a.example"), absl::StatusCode::kUnavailable);
}

TEST_F(ResolverTest, TheNextServerIsAsked) {
  options_.timeout = seconds(1);
  options_.attempts = 6;  // a minute in all, for the server that answers
  DnsServer silent;
  silent.Silence("a.example");
  dns_.Answer("a.example", one_);
  options_.servers = {silent.address(), dns_.address()};
  Make();
  EXPECT_EQ(*Get("a.example"), one_);
}

TEST_F(ResolverTest, ATruncatedAnswerIsAskedForByTcp) {
  Make();
  Addresses many;
  for (int i = 0; i < 100; ++i) many.push_back(make_address("192.0.2." + std::to_string(i)));
  // By value: a question that is repeated may come when the test is over.
  dns_.Answer("many.example", [many](const DnsQuestion& question) {
    DnsReply reply(question);
    if (!question.tcp) return std::vector{reply.Truncated().Bytes()};
    for (const auto& one : many) {
      if (question.type == kTypeA) reply.Add(one, 60);
    }
    return std::vector{reply.Bytes()};
  });
  const Answer answer = Get("many.example");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, many);
}

TEST_F(ResolverTest, AHugeAnswerIsBounded) {
  Make();
  dns_.Answer("huge.example", [&](const DnsQuestion& question) {
    DnsReply reply(question);
    if (!question.tcp) return std::vector{reply.Truncated().Bytes()};
    for (uint32_t i = 0; i < 2'000 && question.type == kTypeA; ++i) {
      reply.Add(boost::asio::ip::address_v4(0xc6120000U + i), 60);
    }
    return std::vector{reply.Bytes()};
  });
  const Answer answer = Get("huge.example");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->size(), 256U);
}

TEST_F(ResolverTest, GarbageAndForgeriesArePassedOver) {
  Make();
  dns_.Answer("a.example", [&](const DnsQuestion& question) {
    DnsQuestion elsewhere = question;
    elsewhere.name = "b.example";
    elsewhere.wire = std::string("\1b\7example\0", 11) + question.wire.substr(11);
    const auto other_id = static_cast<uint16_t>(question.id + 1);
    DnsReply good(question);
    if (question.type == kTypeA) good.Add(one_[0], 60);
    return std::vector{std::string("x"),
                       std::string(12, '\xff'),
                       std::string(400, 'z'),
                       DnsReply(question).Id(other_id).Add(other_[0], 60).Bytes(),
                       DnsReply(elsewhere).Add(other_[0], 60).Bytes(),
                       good.Bytes()};
  });
  EXPECT_EQ(*Get("a.example"), one_);
}

TEST_F(ResolverTest, AnAnswerThatIsBroken) {
  Make();
  dns_.Answer("broken.example", [&](const DnsQuestion& question) {
    std::string bytes = DnsReply(question).Add(one_[0], 60).Bytes();
    bytes.resize(bytes.size() - 3);
    return std::vector{bytes};
  });
  EXPECT_FALSE(Get("broken.example").ok());
}

TEST_F(ResolverTest, ARingOfAliasesEnds) {
  Make();
  dns_.Answer("ring.example", [](const DnsQuestion& question) {
    return std::vector{DnsReply(question)
                           .AddCname("ring.example", "round.example", 60)
                           .AddCname("round.example", "ring.example", 60)
                           .Bytes()};
  });
  EXPECT_EQ(CodeOf("ring.example"), absl::StatusCode::kNotFound);
}

TEST_F(ResolverTest, SearchListsAreHonored) {
  options_.resolv_conf = Write("searching", "search one.test two.test\noptions ndots:2\n");
  Make();
  dns_.Answer("short.two.test", one_);
  dns_.Answer("a.b.c", other_);
  EXPECT_EQ(*Get("short"), one_);
  EXPECT_EQ(dns_.asked("short.one.test"), 1);
  EXPECT_EQ(dns_.asked("short"), 0);
  EXPECT_EQ(*Get("a.b.c"), other_);
  EXPECT_EQ(dns_.asked("a.b.c.one.test"), 0);
}

TEST_F(ResolverTest, TheHostsFileComesFirst) {
  Write("hosts", "127.0.0.5  Here.example other # comment\n::1 here.example\nnonsense\n");
  Make();
  dns_.Answer("here.example", one_);
  EXPECT_EQ(*Get("here.example"), (Addresses{make_address("127.0.0.5"), make_address("::1")}));
  EXPECT_EQ(*Get("other"), Addresses{make_address("127.0.0.5")});
  EXPECT_EQ(dns_.asked("here.example"), 0);
}

TEST_F(ResolverTest, LocalhostIsThisMachine) {
  Make();
  for (const char* name : {"localhost", "a.localhost"}) {
    const Answer answer = Get(name);
    ASSERT_TRUE(answer.ok()) << answer.status();
    for (const auto& address : *answer) EXPECT_TRUE(address.is_loopback());
    EXPECT_EQ(dns_.asked(name), 0);
  }
}

TEST_F(ResolverTest, AChangedHostsFileIsNoticed) {
  Make();
  dns_.Answer("here.example", one_);
  EXPECT_EQ(*Get("here.example"), one_);
  Write("hosts", "127.0.0.5 here.example\n");
  EXPECT_TRUE(Becomes("here.example", Addresses{make_address("127.0.0.5")}));
  Write("hosts", "");
  EXPECT_TRUE(Becomes("here.example", one_));
}

TEST_F(ResolverTest, AChangedResolvConfIsNoticed) {
  options_.ttl_min = options_.ttl_max = seconds(86'400);
  options_.resolv_conf = Write("moving", "search one.test\noptions ndots:2\n");
  Make();
  dns_.Answer("here.one.test", one_);
  dns_.Answer("here.two.test", other_);
  EXPECT_EQ(*Get("here"), one_);
  Write("moving", "search two.test\noptions ndots:2\n");
  EXPECT_TRUE(Becomes("here", other_));  // long before its TTL is over
}

TEST_F(ResolverTest, AStaleAnswerServesWhereTheServersFail) {
  options_.stale = seconds(600);
  Make();
  dns_.Answer("a.example", one_, 60);
  EXPECT_EQ(*Get("a.example"), one_);
  dns_.Answer("a.example", [](const DnsQuestion& question) {
    return std::vector{DnsReply(question).Code(2).Bytes()};
  });
  clock_.Advance(seconds(61));
  EXPECT_EQ(*Get("a.example"), one_);
  EXPECT_EQ(stale_, 1);
  const int asked = dns_.asked("a.example");
  EXPECT_EQ(*Get("a.example"), one_);  // nobody is asked again within the negative TTL
  EXPECT_EQ(dns_.asked("a.example"), asked);
  clock_.Advance(seconds(598));
  EXPECT_EQ(*Get("a.example"), one_);
  clock_.Advance(seconds(6));
  EXPECT_EQ(CodeOf("a.example"), absl::StatusCode::kUnavailable);
}

TEST_F(ResolverTest, AStaleAnswerServesWhileTheServersAreSilent) {
  options_.timeout = seconds(30);
  Make();
  dns_.Answer("a.example", one_, 60);
  EXPECT_EQ(*Get("a.example"), one_);
  dns_.Silence("a.example");
  clock_.Advance(seconds(61));
  auto asked = Ask("a.example");
  clock_.Advance(milliseconds(199));
  EXPECT_EQ(asked.wait_for(milliseconds(250)), std::future_status::timeout);
  clock_.Advance(milliseconds(1));
  EXPECT_EQ(*Wait(asked), one_);
  EXPECT_EQ(*Get("a.example"), one_);  // at once: its look-up is known to be slow
  EXPECT_EQ(stale_, 2);
  EXPECT_EQ(dns_.asked("a.example"), 2);
}

TEST_F(ResolverTest, ANewAnswerIsWaitedForBeforeAStaleOne) {
  Make();
  dns_.Answer("a.example", one_, 60);
  Get("a.example").IgnoreError();
  dns_.Answer("a.example", other_, 60);
  clock_.Advance(seconds(3'000));
  EXPECT_EQ(*Get("a.example"), other_);
  EXPECT_EQ(stale_, 0);
}

TEST_F(ResolverTest, NoSuchHostEndsAStaleAnswer) {
  Make();
  dns_.Answer("a.example", one_, 60);
  Get("a.example").IgnoreError();
  dns_.Answer("a.example", [](const DnsQuestion& question) {
    return std::vector{DnsReply(question).Code(3).Bytes()};
  });
  clock_.Advance(seconds(61));
  EXPECT_EQ(CodeOf("a.example"), absl::StatusCode::kNotFound);
}

TEST_F(ResolverTest, SilentNamesOfOneTenantHoldUpNoOther) {
  options_.timeout = seconds(600);
  options_.max_running_per_tenant = 20;
  Make();
  std::vector<std::future<Answer>> silent;
  for (int i = 0; i < 40; ++i) {
    const std::string host = "silent" + std::to_string(i) + ".example";
    dns_.Silence(host);
    silent.push_back(Ask(host, "a"));
  }
  ASSERT_TRUE(dns_.WaitUntilAsked("silent19.example"));
  for (int i = 0; i < 20; ++i) {
    const std::string host = "good" + std::to_string(i) + ".example";
    dns_.Answer(host, one_);
    EXPECT_EQ(*Get(host, "b"), one_);
  }
  EXPECT_EQ(dns_.asked("silent20.example"), 0);  // a's own bound
  for (auto& one : silent) {
    EXPECT_EQ(one.wait_for(seconds(0)), std::future_status::timeout);
  }
}

TEST_F(ResolverTest, AnotherTenantsTurnComesForASharedName) {
  options_.timeout = seconds(600);
  options_.max_running_per_tenant = 1;
  Make();
  dns_.Silence("silent.example");
  dns_.Answer("shared.example", one_);
  auto silent = Ask("silent.example", "a");
  auto behind = Ask("shared.example", "a");
  EXPECT_EQ(*Get("shared.example", "b"), one_);
  EXPECT_EQ(*Wait(behind), one_);
}

TEST_F(ResolverTest, RefusesMoreLookupsThanItsBound) {
  options_.timeout = seconds(600);
  options_.max_running = 1;
  options_.max_waiting = 1;
  Make();
  dns_.Silence("a.example");
  auto running = Ask("a.example");
  ASSERT_TRUE(dns_.WaitUntilAsked("a.example"));
  auto waiting = Ask("b.example");
  EXPECT_EQ(CodeOf("c.example"), absl::StatusCode::kResourceExhausted);
  auto shared = Ask("b.example");  // needs no look-up of its own
  EXPECT_EQ(shared.wait_for(seconds(0)), std::future_status::timeout);
}

TEST_F(ResolverTest, ForgetsTheOldestWhenFull) {
  options_.max_cached = 2;
  Make();
  for (const char* host : {"a.example", "b.example", "c.example"}) {
    dns_.Answer(host, one_);
    Get(host).IgnoreError();
  }
  for (const char* host : {"c.example", "b.example", "a.example"}) Get(host).IgnoreError();
  EXPECT_EQ(dns_.asked("c.example"), 1);
  EXPECT_EQ(dns_.asked("b.example"), 1);
  EXPECT_EQ(dns_.asked("a.example"), 2);
}

TEST_F(ResolverTest, ManyNamesAtOnce) {
  options_.timeout = seconds(10);  // questions of so many are lost now and then
  options_.attempts = 8;
  Make();
  std::vector<std::future<Answer>> asked;
  for (int i = 0; i < 2'000; ++i) {
    const std::string host = "n" + std::to_string(i) + ".example";
    dns_.Answer(host, one_);
    asked.push_back(Ask(host, "t" + std::to_string(i % 30)));
  }
  for (auto& one : asked) {
    const Answer answer = Wait(one);
    EXPECT_TRUE(answer.ok()) << answer.status();
  }
  EXPECT_EQ(results(LookupResult::kOk), 2'000);
}

TEST_F(ResolverTest, StoppingWaitsForNoServer) {
  options_.timeout = seconds(600);
  options_.max_running = 1;
  Make();
  dns_.Silence("a.example");
  auto running = Ask("a.example");
  ASSERT_TRUE(dns_.WaitUntilAsked("a.example"));
  auto queued = Ask("b.example");
  resolver_.reset();
  EXPECT_EQ(Wait(running).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Wait(queued).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace carillon::http
