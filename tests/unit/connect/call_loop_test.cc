#include "call_loop.h"

#include <grpcpp/alarm.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>

namespace carillon::connect {
namespace {

/// One operation of gRPC's that ends some time after it was canceled.
class Slow final : public CallLoop::Call {
 public:
  explicit Slow(CallLoop& loop) : loop_(loop) {
    loop_.Enter(*this);
    std::latch begun{1};
    loop_.Post([this, &begun] {
      alarm_.Set(loop_.queue(), std::chrono::system_clock::now() + std::chrono::hours(1),
                 loop_.Then([this](bool) { told_ = true; }));
      begun.count_down();
    });
    begun.wait();
  }
  ~Slow() {
    thread_.join();
    loop_.Leave(*this);
  }
  void Cancel() override {
    thread_ = std::thread([this] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      alarm_.Cancel();
    });
  }
  bool told() const { return told_; }

 private:
  CallLoop& loop_;
  grpc::Alarm alarm_;
  std::thread thread_;
  std::atomic<bool> told_{false};
};

class CallLoopTest : public testing::Test {
 protected:
  CallLoop loop_{grpc::CreateChannel("127.0.0.1:1", grpc::InsecureChannelCredentials())};
};

TEST_F(CallLoopTest, StopWaitsForTheEndOfEachOperation) {
  Slow first(loop_);
  Slow second(loop_);
  loop_.Stop();
  EXPECT_TRUE(first.told());
  EXPECT_TRUE(second.told());
  loop_.Stop();  // nothing happens
}

TEST_F(CallLoopTest, WhatIsPostedBeforeTheStopRunsAndNothingAfterIt) {
  std::atomic<int> ran{0};
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(loop_.Post([&ran] { ++ran; }));
  loop_.Stop();
  EXPECT_EQ(ran, 100);
  EXPECT_FALSE(loop_.Post([&ran] { ++ran; }));
  EXPECT_EQ(ran, 100);
}

TEST_F(CallLoopTest, NoCallIsMadeOnceItRefuses) {
  int made = 0;
  EXPECT_TRUE(loop_.Create([&made] { ++made; }));
  loop_.Refuse();
  EXPECT_FALSE(loop_.Create([&made] { ++made; }));
  EXPECT_EQ(made, 1);
}

}  // namespace
}  // namespace carillon::connect
