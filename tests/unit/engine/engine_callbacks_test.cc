// How answers come to the engine's thread, and what becomes of those that come too late.

#include "engine_callbacks.h"

#include <gtest/gtest.h>

#include <memory>

#include "engine_fakes.h"

namespace carillon::engine {
namespace {

using std::chrono::seconds;

TEST(EngineCallbacksTest, AnAnswerIsTakenOnTheThread) {
  const auto host = std::make_shared<StepHost>();
  const EngineCallbacks callbacks(host);
  int taken = 0;
  auto answer = callbacks.Bind<int>([&taken](int value) { taken = value; });
  answer(7);
  EXPECT_EQ(taken, 0);
  host->Run();
  EXPECT_EQ(taken, 7);
}

TEST(EngineCallbacksTest, AnAnswerThatComesTooLateIsDropped) {
  auto host = std::make_shared<StepHost>();
  auto callbacks = std::make_unique<EngineCallbacks>(host);
  int taken = 0;
  auto early = callbacks->Bind<int>([&taken](int value) { taken = value; });
  auto late = callbacks->Bind<int>([&taken](int value) { taken = value; });
  early(1);
  callbacks.reset();
  host->Run();
  EXPECT_EQ(taken, 0) << "its receiver is gone";
  host.reset();
  late(2);
  EXPECT_EQ(taken, 0) << "the threads are gone";
}

// A bound that has not run out waits in the threads: it must not keep them, nor what they use.
TEST(EngineCallbacksTest, WhatWaitsForItsTimeDoesNotKeepTheThreads) {
  auto host = std::make_shared<StepHost>();
  const std::weak_ptr<StepHost> weak = host;
  auto callbacks = std::make_unique<EngineCallbacks>(host);
  host->PostAt(host->clock.Mono() + seconds(60), callbacks->Bind<>([] {}));
  callbacks.reset();
  host.reset();
  EXPECT_TRUE(weak.expired());
}

}  // namespace
}  // namespace carillon::engine
