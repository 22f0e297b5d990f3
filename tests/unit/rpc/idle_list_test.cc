#include "idle_list.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace carillon::rpc {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class IdleListTest : public testing::Test {
 protected:
  class Call : public IdleList::Member {
   public:
    Call(IdleListTest& test, char name) : test_(test), name_(name) {}
    void OnIdle() override {
      test_.told_ += name_;
      if (then) then();
    }
    std::function<void()> then;

   private:
    IdleListTest& test_;
    const char name_;
  };
  /// Who is told now.
  std::string Look() {
    told_.clear();
    list_.Look();
    return told_;
  }

  base::SimulatedClock clock_;
  IdleList list_{seconds(10), clock_};
  std::string told_;
  Call a_{*this, 'a'};
  Call b_{*this, 'b'};
  Call c_{*this, 'c'};
};

TEST_F(IdleListTest, WhoIsSilentIsToldWhenTheTimeIsOver) {
  EXPECT_EQ(Look(), "");
  list_.Add(a_);
  clock_.Advance(seconds(10) - nanoseconds(1));
  EXPECT_EQ(Look(), "");
  clock_.Advance(nanoseconds(1));
  EXPECT_EQ(Look(), "a");
  EXPECT_EQ(Look(), "") << "as if it had been heard of";
  clock_.Advance(seconds(10));
  EXPECT_EQ(Look(), "a");
}

TEST_F(IdleListTest, SilentForLongestComesFirstAndTheOthersWait) {
  list_.Add(a_);
  clock_.Advance(seconds(1));
  list_.Add(b_);
  clock_.Advance(seconds(1));
  list_.Add(c_);
  clock_.Advance(seconds(7));
  list_.Touch(a_);
  clock_.Advance(seconds(2));
  EXPECT_EQ(Look(), "b");
  clock_.Advance(seconds(1));
  EXPECT_EQ(Look(), "c");
  clock_.Advance(seconds(7));
  EXPECT_EQ(Look(), "a");
  clock_.Advance(hours(1));
  EXPECT_EQ(Look(), "bca");
}

TEST_F(IdleListTest, WhoIsToldMayLeaveAndTakeOthersAlong) {
  for (Call* call : {&a_, &b_, &c_}) list_.Add(*call);
  a_.then = [this] {
    list_.Remove(a_);
    list_.Remove(b_);
  };
  clock_.Advance(seconds(10));
  EXPECT_EQ(Look(), "ac");
  clock_.Advance(seconds(10));
  EXPECT_EQ(Look(), "c");
}

TEST_F(IdleListTest, WhoLeftIsNotToldAndMayComeBack) {
  list_.Remove(a_);
  list_.Touch(a_);
  list_.Add(a_);
  list_.Remove(a_);
  list_.Remove(a_);
  list_.Touch(a_);
  clock_.Advance(hours(1));
  EXPECT_EQ(Look(), "");
  list_.Add(a_);
  EXPECT_EQ(Look(), "");
  clock_.Advance(seconds(10));
  EXPECT_EQ(Look(), "a");
}

TEST_F(IdleListTest, WithoutABoundNobodyIs) {
  IdleList list(seconds(0), clock_);
  list.Add(a_);
  clock_.Advance(hours(1000));
  list.Look();
  EXPECT_EQ(told_, "");
}

TEST_F(IdleListTest, AClockThatJumpsChangesNothing) {
  list_.Add(a_);
  clock_.JumpWall(hours(24));
  EXPECT_EQ(Look(), "");
  clock_.JumpWall(-hours(48));
  clock_.Advance(seconds(10));
  EXPECT_EQ(Look(), "a");
}

}  // namespace
}  // namespace carillon::rpc
