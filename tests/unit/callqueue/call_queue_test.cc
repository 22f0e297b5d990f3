#include "carillon/callqueue/call_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace carillon::callqueue {
namespace {

using ::testing::ElementsAre;

class CallQueueTest : public ::testing::Test {
 protected:
  ~CallQueueTest() override { queue_->Stop(); }

  /// A call of the queue that goes when it is told to.
  class OpenCall final : CallQueue::Call {
   public:
    explicit OpenCall(CallQueue& queue) : Call(queue) {}
    void Go() { delete this; }
  };

  /// Waits until everything that was posted so far ran. A latch of the standard library is seen by
  /// the thread sanitizer; Debian's absl is not.
  void Settle() {
    std::latch ran{1};
    queue_->Post([&ran] { ran.count_down(); });
    ran.wait();
  }

  const std::unique_ptr<CallQueue> queue_ = CallQueue::MakeQuiet();
};

TEST_F(CallQueueTest, TasksRunInOrderOnItsOneThread) {
  queue_->Start("publish-0");
  std::vector<int> order;
  std::string name(16, '\0');
  for (int i = 0; i < 3; ++i) queue_->Post([&order, i] { order.push_back(i); });
  queue_->Post([&name] { pthread_getname_np(pthread_self(), name.data(), name.size()); });
  Settle();
  EXPECT_THAT(order, ElementsAre(0, 1, 2));
  EXPECT_STREQ(name.c_str(), "publish-0");
}

TEST_F(CallQueueTest, WhatIsPostedBeforeItStartsRunsThen) {
  std::atomic<bool> ran{false};
  queue_->Post([&ran] { ran = true; });
  EXPECT_FALSE(ran);
  queue_->Start("publish-0");
  Settle();
  EXPECT_TRUE(ran);
}

TEST_F(CallQueueTest, ATaskMayPostAnother) {
  queue_->Start("publish-0");
  std::latch second{1};
  queue_->Post([&] { queue_->Post([&second] { second.count_down(); }); });
  second.wait();
}

TEST_F(CallQueueTest, NoTaskOfManyThreadsIsLost) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 2000;
  queue_->Start("publish-0");
  int ran = 0;  // on the queue's thread alone
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < kTasks; ++n) {
        queue_->Post([&ran] { ++ran; });
        if (n % 100 == 0) std::this_thread::yield();  // so that it falls asleep now and then
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Settle();
  EXPECT_EQ(ran, kThreads * kTasks);
}

TEST_F(CallQueueTest, StopWaitsForTheLastCallAndItsTasks) {
  auto* call = new OpenCall(*queue_);
  queue_->Start("publish-0");
  std::atomic<bool> gone{false};
  std::thread stopping([&] { queue_->Stop(); });
  Settle();
  Settle();  // it was told to stop, and has a call still
  queue_->Post([&] {
    gone = true;
    call->Go();
  });
  stopping.join();
  EXPECT_TRUE(gone);
  queue_->Stop();  // nothing happens
}

TEST_F(CallQueueTest, AnEndedOperationIsToldToItsOwner) {
  struct Owner final : CallQueue::Call {
    explicit Owner(CallQueue& queue) : Call(queue) {}
    void OnDone(bool ok) {
      seen = ok;
      told.count_down();
    }
    CallQueue::Step<Owner> done{*this, &Owner::OnDone};
    std::latch told{1};
    bool seen = true;
  };
  // Cancelled while it waits: not ok.
  auto* owner = new Owner(*queue_);
  grpc::Alarm alarm;
  alarm.Set(queue_->operations(), std::chrono::system_clock::now() + std::chrono::hours(1),
            owner->done.tag());
  queue_->Start("publish-0");
  alarm.Cancel();
  owner->told.wait();
  EXPECT_FALSE(owner->seen);
  queue_->Post([owner] { delete owner; });
}

}  // namespace
}  // namespace carillon::callqueue
