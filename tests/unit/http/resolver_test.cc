#include "carillon/http/resolver.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>

namespace carillon::http {
namespace {

using boost::asio::ip::make_address;
using Answer = absl::StatusOr<Addresses>;

/// Name servers that answer when they are told to.
class FakeNames {
 public:
  Lookup AsLookup() {
    return [this](const std::string& host) -> Answer {
      std::unique_lock lock(mutex_);
      ++asked_[host];
      changed_.notify_all();
      changed_.wait(lock, [this] { return open_; });
      const auto found = answers_.find(host);
      if (found == answers_.end()) return absl::NotFoundError("no such host");
      return found->second;
    };
  }
  void Set(const std::string& host, Answer answer) {
    const std::lock_guard lock(mutex_);
    answers_.insert_or_assign(host, std::move(answer));
  }
  void SetOpen(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }
  void WaitUntilAsked(const std::string& host) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return asked_[host] > 0; });
  }
  int asked(const std::string& host) {
    const std::lock_guard lock(mutex_);
    return asked_[host];
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Answer> answers_;
  std::map<std::string, int> asked_;
  bool open_ = true;
};

std::future<Answer> Ask(Resolver& resolver, const std::string& host) {
  auto promise = std::make_shared<std::promise<Answer>>();
  resolver.Resolve(host, [promise](Answer answer) { promise->set_value(std::move(answer)); });
  return promise->get_future();
}

class ResolverTest : public testing::Test {
 protected:
  void Make(ResolverOptions options = {}) {
    resolver_ = Resolver::Create(options, clock_, names_.AsLookup());
  }
  Answer Get(const std::string& host) { return Ask(*resolver_, host).get(); }

  const Addresses two_{make_address("192.0.2.7"), make_address("2001:db8::1")};
  base::SimulatedClock clock_;
  FakeNames names_;
  std::unique_ptr<Resolver> resolver_;
};

TEST_F(ResolverTest, GivesTheAddressesInTheirOrder) {
  Make();
  names_.Set("a.example", two_);
  const Answer answer = Get("a.example");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(*answer, two_);
}

TEST_F(ResolverTest, TakesAddressesAsTheyAre) {
  Make();
  EXPECT_EQ(*Get("192.0.2.1"), Addresses{make_address("192.0.2.1")});
  EXPECT_EQ(*Get("::1"), Addresses{make_address("::1")});
  EXPECT_EQ(names_.asked("192.0.2.1"), 0);
}

TEST_F(ResolverTest, ManyShareOneLookup) {
  Make();
  names_.Set("a.example", two_);
  names_.SetOpen(false);
  std::vector<std::future<Answer>> waiting;
  for (int i = 0; i < 50; ++i) waiting.push_back(Ask(*resolver_, "a.example"));
  names_.SetOpen(true);
  for (auto& one : waiting) EXPECT_EQ(*one.get(), two_);
  EXPECT_EQ(names_.asked("a.example"), 1);
}

TEST_F(ResolverTest, AnAnswerLivesForItsTtl) {
  Make();
  names_.Set("a.example", two_);
  Get("a.example").IgnoreError();
  clock_.Advance(std::chrono::milliseconds(29'999));
  EXPECT_EQ(*Get("a.example"), two_);
  EXPECT_EQ(names_.asked("a.example"), 1);
  names_.Set("a.example", Addresses{two_[1]});
  clock_.Advance(std::chrono::milliseconds(1));
  EXPECT_EQ(*Get("a.example"), Addresses{two_[1]});
  EXPECT_EQ(names_.asked("a.example"), 2);
}

TEST_F(ResolverTest, AFailureLivesForItsOwn) {
  Make();
  EXPECT_EQ(Get("no.example").status().code(), absl::StatusCode::kNotFound);
  clock_.Advance(std::chrono::milliseconds(4'999));
  EXPECT_EQ(Get("no.example").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(names_.asked("no.example"), 1);
  names_.Set("no.example", absl::UnavailableError("try again"));
  clock_.Advance(std::chrono::milliseconds(1));
  EXPECT_EQ(Get("no.example").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(names_.asked("no.example"), 2);
}

TEST_F(ResolverTest, NoAddressIsNoSuchHost) {
  Make();
  names_.Set("none.example", Addresses{});
  EXPECT_EQ(Get("none.example").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ResolverTest, ForgetsTheOldestWhenFull) {
  Make({.max_cached = 2});
  for (const char* host : {"a", "b", "c"}) {
    names_.Set(host, two_);
    Get(host).IgnoreError();
  }
  Get("c").IgnoreError();
  Get("b").IgnoreError();
  Get("a").IgnoreError();
  EXPECT_EQ(names_.asked("c"), 1);
  EXPECT_EQ(names_.asked("b"), 1);
  EXPECT_EQ(names_.asked("a"), 2);
}

TEST_F(ResolverTest, RefusesMoreLookupsThanItsBound) {
  Make({.threads = 1, .max_waiting = 2});
  names_.SetOpen(false);
  auto first = Ask(*resolver_, "a");
  auto second = Ask(*resolver_, "b");
  EXPECT_EQ(Get("c").status().code(), absl::StatusCode::kResourceExhausted);
  auto shared = Ask(*resolver_, "b");  // needs no look-up of its own
  names_.SetOpen(true);
  EXPECT_EQ(first.get().status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(shared.get().status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ResolverTest, StoppingAnswersThoseWhoWait) {
  Make({.threads = 1});
  names_.SetOpen(false);
  auto running = Ask(*resolver_, "a");
  names_.WaitUntilAsked("a");
  auto queued = Ask(*resolver_, "b");
  std::thread opener([this] { names_.SetOpen(true); });
  resolver_.reset();
  opener.join();
  EXPECT_EQ(running.get().status().code(), absl::StatusCode::kNotFound);
  const Answer answer = queued.get();
  EXPECT_TRUE(answer.status().code() == absl::StatusCode::kUnavailable ||
              answer.status().code() == absl::StatusCode::kNotFound);
}

TEST(SystemResolverTest, KnowsLocalhost) {
  const base::SystemClock clock;
  const auto resolver = Resolver::Create({}, clock);
  const Answer answer = Ask(*resolver, "localhost").get();
  ASSERT_TRUE(answer.ok()) << answer.status();
  for (const auto& address : *answer) EXPECT_TRUE(address.is_loopback());
  EXPECT_EQ(Ask(*resolver, "no such host").get().status().code() == absl::StatusCode::kOk, false);
}

}  // namespace
}  // namespace carillon::http
