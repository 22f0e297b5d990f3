#include "carillon/base/mutex.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"

namespace carillon::base {
namespace {

using std::chrono::steady_clock;

class Counter {
 public:
  void Add() {
    const MutexLock lock(mutex_);
    ++value_;
    changed_.NotifyAll();
  }
  int Await(int value) {
    const MutexLock lock(mutex_);
    while (value_ < value) changed_.Wait(mutex_);
    return value_;
  }
  bool AwaitUntil(int value, steady_clock::time_point deadline) {
    const MutexLock lock(mutex_);
    while (value_ < value) {
      if (!changed_.WaitUntil(mutex_, deadline)) return value_ >= value;
    }
    return true;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int value_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST(Mutex, IsHeldByOneAtATime) {
  Counter counter;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) counter.Add();
    });
  }
  EXPECT_EQ(counter.Await(4000), 4000);
  for (std::thread& thread : threads) thread.join();
}

TEST(Mutex, IsFreeWhileALockIsUnlocked) {
  Mutex mutex;
  MutexLock lock(mutex);
  lock.Unlock();
  std::thread([&] { const MutexLock other(mutex); }).join();
  lock.Lock();
}

TEST(CondVar, WaitsNoLongerThanItMay) {
  Counter counter;
  EXPECT_FALSE(counter.AwaitUntil(1, steady_clock::now() + std::chrono::milliseconds(5)));
  std::thread other([&] { counter.Add(); });
  EXPECT_TRUE(counter.AwaitUntil(1, steady_clock::now() + std::chrono::minutes(1)));
  other.join();
}

}  // namespace
}  // namespace carillon::base
