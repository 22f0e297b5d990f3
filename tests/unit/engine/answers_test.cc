#include "answers.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "answer_once.h"

namespace carillon::engine {
namespace {

TEST(Answers, AreCompleteWhenTheLastCame) {
  Answers<std::string> answers(2);
  EXPECT_FALSE(answers.complete());
  EXPECT_FALSE(answers.WaitUntil(base::MonoTime::clock::now()));
  answers.Set(1, "one");
  EXPECT_EQ(answers.Get(0), std::nullopt);
  EXPECT_EQ(answers.Get(1), "one");
  EXPECT_FALSE(answers.complete());
  answers.Set(0, "zero");
  EXPECT_TRUE(answers.complete());
  EXPECT_TRUE(answers.WaitUntil(base::MonoTime::min()));
  EXPECT_EQ(answers.Get(0), "zero");
}

TEST(Answers, AreWaitedForHoweverLongTheyTake) {
  for (const bool forever : {true, false}) {
    const auto answers = std::make_shared<Answers<Done>>(1);
    std::thread thread([answers] { answers->Set(0, {}); });
    const base::MonoTime until =
        forever ? base::MonoTime::max() : base::MonoTime::clock::now() + std::chrono::hours(1);
    EXPECT_TRUE(answers->WaitUntil(until));
    thread.join();
  }
}

TEST(Answers, OfNobodyAreComplete) {
  EXPECT_TRUE(Answers<Done>(0).WaitUntil(base::MonoTime::max()));
}

TEST(AnswerOnce, TheFirstCountsAndTheEndIsAnAnswer) {
  std::vector<int> told;
  {
    AnswerOnce<int> once([&told](int value) { told.push_back(value); });
    once.Give(7);
    once.Give(8);
  }
  EXPECT_EQ(told, std::vector<int>{7});
  {
    AnswerOnce<int> nobody([&told](int value) { told.push_back(value); });
  }
  EXPECT_EQ(told, (std::vector<int>{7, 0}));
}

}  // namespace
}  // namespace carillon::engine
