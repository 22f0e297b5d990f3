#include "token_state.h"

#include <gtest/gtest.h>

#include <vector>

namespace carillon::authorization {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::MonoTime kStart{std::chrono::hours(1)};

base::MonoTime At(double after) {
  return kStart +
         std::chrono::duration_cast<base::MonoTime::duration>(std::chrono::duration<double>(after));
}

TokenState WithToken(seconds lifetime) {
  TokenState state;
  state.OnFetchStarted();
  state.OnFetched({base::Secret("t"), lifetime}, kStart);
  return state;
}

TEST(TokenState, TheFirstFetchesTheOthersWait) {
  TokenState state;
  EXPECT_EQ(state.OnRequest(kStart), Advice::kFetchAndWait);
  state.OnFetchStarted();
  EXPECT_EQ(state.OnRequest(At(1)), Advice::kWait);
  state.OnFetched({base::Secret("t"), seconds(300)}, kStart);
  EXPECT_EQ(state.OnRequest(At(2)), Advice::kUse);
  EXPECT_EQ(state.value().Reveal(), "t");
  EXPECT_EQ(state.number(), 1u);
}

struct Life {
  int seconds;
  double renewed;
  double ended;
};

TEST(TokenState, RenewedAndEnded) {
  const Life lives[] = {{3600, 2880, 3595}, {300, 240, 295}, {150, 120, 145}, {100, 70, 95},
                        {60, 30, 55},       {40, 20, 36},    {10, 5, 9},      {1, 0.5, 0.9}};
  for (const Life& life : lives) {
    SCOPED_TRACE(life.seconds);
    TokenState state = WithToken(seconds(life.seconds));
    EXPECT_EQ(state.OnRequest(At(life.renewed - 0.01)), Advice::kUse);
    EXPECT_EQ(state.OnRequest(At(life.renewed)), Advice::kUseAndFetch);
    EXPECT_EQ(state.OnRequest(At(life.ended - 0.01)), Advice::kUseAndFetch);
    EXPECT_EQ(state.OnRequest(At(life.ended)), Advice::kFetchAndWait);
    state.OnFetchStarted();
    EXPECT_EQ(state.OnRequest(At(life.renewed)), Advice::kUse);
    EXPECT_EQ(state.OnRequest(At(life.ended)), Advice::kWait);
  }
}

TEST(TokenState, FailuresBackOffAndASuccessEndsIt) {
  TokenState state;
  base::MonoTime now = kStart;
  for (const int wait : {1, 2, 4, 8, 16, 32, 60, 60, 60}) {
    EXPECT_EQ(state.OnRequest(now), Advice::kFetchAndWait);
    state.OnFetchStarted();
    state.OnFailed(now, std::nullopt);
    EXPECT_EQ(state.OnRequest(now + seconds(wait) - milliseconds(1)), Advice::kFail);
    now += seconds(wait);
  }
  state.OnFetchStarted();
  state.OnFetched({base::Secret("t"), seconds(1)}, now);
  now += seconds(1);
  EXPECT_EQ(state.OnRequest(now), Advice::kFetchAndWait);
  state.OnFetchStarted();
  state.OnFailed(now, std::nullopt);
  EXPECT_EQ(state.retry_at(), now + seconds(1));
}

TEST(TokenState, AFailedRenewalTakesNothingAway) {
  TokenState state = WithToken(seconds(300));
  state.OnFetchStarted();
  state.OnFailed(At(250), std::nullopt);
  EXPECT_EQ(state.OnRequest(At(250.5)), Advice::kUse);
  EXPECT_EQ(state.OnRequest(At(251)), Advice::kUseAndFetch);
}

TEST(TokenState, TheServerMayAskForALongerWait) {
  TokenState state;
  state.OnFailed(kStart, milliseconds(90'000));
  EXPECT_EQ(state.retry_at(), At(90));
  state.OnFailed(kStart, milliseconds(0));
  EXPECT_EQ(state.retry_at(), At(2));
  state.OnFailed(kStart, std::chrono::hours(20));
  EXPECT_EQ(state.retry_at(), At(300));
}

TEST(TokenState, ACancelledFetchIsNoFailure) {
  TokenState state;
  state.OnFetchStarted();
  state.OnCancelled();
  EXPECT_EQ(state.OnRequest(kStart), Advice::kFetchAndWait);
}

TEST(TokenState, ARefusedTokenIsDroppedWhenItIsNotNew) {
  TokenState state = WithToken(seconds(300));
  state.OnRefused(1, At(4.9));
  EXPECT_EQ(state.OnRequest(At(4.9)), Advice::kUse);
  state.OnRefused(1, At(5));
  EXPECT_EQ(state.OnRequest(At(5)), Advice::kFetchAndWait);
  state.OnFetchStarted();
  state.OnRefused(1, At(5));  // those that went with it, too
  state.OnFetched({base::Secret("u"), seconds(300)}, At(5));
  state.OnRefused(1, At(100));  // late: it is another now
  EXPECT_EQ(state.OnRequest(At(100)), Advice::kUse);
}

TEST(TokenState, AReceiverThatTakesNoneMakesEverFewerFetches) {
  TokenState state = WithToken(std::chrono::hours(24));
  base::MonoTime now = kStart;
  for (const int age : {5, 10, 20, 40, 80, 160, 300, 300}) {
    state.OnRefused(state.number(), now + seconds(age) - milliseconds(1));
    EXPECT_EQ(state.OnRequest(now + seconds(age)), Advice::kUse) << age;
    now += seconds(age);
    state.OnRefused(state.number(), now);
    EXPECT_EQ(state.OnRequest(now), Advice::kFetchAndWait) << age;
    state.OnFetchStarted();
    state.OnFetched({base::Secret("t"), std::chrono::hours(24)}, now);
  }
  state.OnTaken(state.number());
  state.OnRefused(state.number(), now + seconds(5));
  EXPECT_EQ(state.OnRequest(now + seconds(5)), Advice::kFetchAndWait);
}

}  // namespace
}  // namespace carillon::authorization
