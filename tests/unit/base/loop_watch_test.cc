#include "carillon/base/loop_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace carillon::base {
namespace {

using std::chrono::seconds;

/// A loop that answers when the test says so.
struct TestLoop {
  std::vector<absl::AnyInvocable<void()>> asked;
  LoopWatch::Ask Ask() {
    return [this](absl::AnyInvocable<void()> answer) { asked.push_back(std::move(answer)); };
  }
  void Turn() {
    for (auto& answer : asked) answer();
    asked.clear();
  }
};

class LoopWatchTest : public testing::Test {
 protected:
  LoopWatchTest() {
    watch_.Add("one", one_.Ask());
    watch_.Add("two", two_.Ask());
  }
  std::string LookAfter(int s) {
    clock_.Advance(seconds(s));
    return watch_.Look();
  }

  base::SimulatedClock clock_;
  TestLoop one_;
  TestLoop two_;
  LoopWatch watch_{clock_, seconds(30)};
};

TEST_F(LoopWatchTest, LoopsThatAnswerAreFine) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(LookAfter(29), "");
    EXPECT_EQ(one_.asked.size(), 1u);
    one_.Turn();
    two_.Turn();
  }
}

TEST_F(LoopWatchTest, AnAnswerIsOwedForSoLong) {
  EXPECT_EQ(LookAfter(0), "");
  one_.Turn();
  EXPECT_EQ(LookAfter(29), "");
  one_.Turn();
  EXPECT_EQ(LookAfter(2), "the event loop two has been stuck for 31 s");
  two_.Turn();
  EXPECT_EQ(LookAfter(29), "") << "one was asked again at 31 s, when it had answered";
  EXPECT_EQ(LookAfter(1), "the event loop one has been stuck for 30 s");
}

TEST_F(LoopWatchTest, NobodyIsAskedTwiceAtOnce) {
  for (int i = 0; i < 50; ++i) LookAfter(1);
  EXPECT_EQ(one_.asked.size(), 1u);
  EXPECT_EQ(two_.asked.size(), 1u);
}

TEST_F(LoopWatchTest, ALoopThatGoesOnIsFineAgain) {
  LookAfter(0);
  EXPECT_NE(LookAfter(60), "");
  one_.Turn();
  two_.Turn();
  EXPECT_EQ(LookAfter(1), "");
}

TEST_F(LoopWatchTest, ALookThatComesLateBlamesNobody) {
  EXPECT_EQ(LookAfter(0), "");
  one_.Turn();
  two_.Turn();
  EXPECT_EQ(LookAfter(3600), "") << "the time since the last answer does not count";
}

TEST_F(LoopWatchTest, AfterStopNobodyIsAsked) {
  LookAfter(0);
  watch_.Stop();
  EXPECT_EQ(LookAfter(60), "");
  one_.Turn();  // late answers find their place
  EXPECT_TRUE(one_.asked.empty());
}

TEST(LoopWatch, AnswersMayOutliveIt) {
  base::SimulatedClock clock;
  TestLoop loop;
  {
    LoopWatch watch(clock, seconds(1));
    watch.Add("loop", loop.Ask());
    watch.Look();
  }
  loop.Turn();
}

TEST(LoopWatch, LoopsAnswerFromTheirThreads) {
  const base::SystemClock clock;
  LoopWatch watch(clock, seconds(600));
  std::mutex mutex;
  std::vector<absl::AnyInvocable<void()>> asked;
  watch.Add("thread", [&](absl::AnyInvocable<void()> answer) {
    const std::lock_guard lock(mutex);
    asked.push_back(std::move(answer));
  });
  std::atomic<int> answers{0};
  std::thread thread([&] {
    while (answers < 100) {
      const std::lock_guard lock(mutex);
      for (auto& answer : asked) answer();
      answers += static_cast<int>(asked.size());
      asked.clear();
    }
  });
  while (answers < 100) {
    EXPECT_EQ(watch.Look(), "");
    std::this_thread::yield();
  }
  thread.join();
}

}  // namespace
}  // namespace carillon::base
