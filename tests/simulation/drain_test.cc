// What a drain waits for, and what it gives up waiting for.

#include <gtest/gtest.h>

#include "engine_support.h"

namespace carillon::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Drain : public SimEngineTest {
 protected:
  void StartTwo() {
    Add("t-a");
    Add("t-b");
    Start(2, 100, 100);
  }
  static bool Never() { return false; }
};

TEST_F(Drain, EndsWhenOutcomesAreDurableOnEveryThread) {
  StartTwo();
  Publish("t", 5);
  RunFor(milliseconds(20));
  journal_.write_delay = milliseconds(500);
  receive_ = [](const SimCourier::Flight&) { return SimCourier::End{.after = milliseconds(300)}; };
  Publish("t", 5);
  RunFor(milliseconds(600));
  EXPECT_TRUE(engine_->Drain(seconds(2), Never));
  EXPECT_EQ(store_.delivered.size(), 20u);
}

TEST_F(Drain, CancelsWhatTakesLongerThanItsGrace) {
  StartTwo();
  receive_ = [](const SimCourier::Flight&) { return SimCourier::End{.after = seconds(100)}; };
  Publish("t", 3);
  RunFor(milliseconds(100));
  const base::MonoTime began = clock_.Mono();
  EXPECT_TRUE(engine_->Drain(seconds(2), Never));
  EXPECT_GE(clock_.Mono() - began, seconds(2));
  EXPECT_LT(clock_.Mono() - began, seconds(3));
  for (const SimShard* thread : threads_->shards()) EXPECT_TRUE(thread->courier().flights.empty());
}

TEST_F(Drain, HurriesWhenItIsAskedTo) {
  StartTwo();
  receive_ = [](const SimCourier::Flight&) { return SimCourier::End{.after = seconds(100)}; };
  Publish("t", 3);
  RunFor(milliseconds(100));
  const base::MonoTime began = clock_.Mono();
  EXPECT_TRUE(engine_->Drain(seconds(60), [] { return true; }));
  EXPECT_LT(clock_.Mono() - began, seconds(1));
}

TEST_F(Drain, GivesUpWaitingForAFullDisk) {
  StartTwo();
  Publish("t", 3);
  RunFor(milliseconds(100));
  receive_ = [](const SimCourier::Flight&) { return SimCourier::End{.after = milliseconds(50)}; };
  Publish("t", 3);
  RunFor(milliseconds(20));
  journal_.disk_full = true;
  const base::MonoTime began = clock_.Mono();
  EXPECT_FALSE(engine_->Drain(seconds(1), Never));
  EXPECT_GE(clock_.Mono() - began, seconds(6));
  EXPECT_LT(clock_.Mono() - began, seconds(7));
}

}  // namespace
}  // namespace carillon::delivery
