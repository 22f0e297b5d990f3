#include "carillon/model/outcome.h"

#include <gmock/gmock.h>

#include <set>

namespace carillon::model {
namespace {

TEST(Outcome, NumbersAndNamesThatAreStored) {
  const std::pair<int, const char*> stored[] = {
      {0, "success"},          {1, "http_3xx"},   {2, "http_4xx"},
      {3, "http_429"},         {4, "http_5xx"},   {5, "connect_timeout"},
      {6, "response_timeout"}, {7, "dns"},        {8, "connect_refused"},
      {9, "unreachable"},      {10, "reset"},     {11, "tls"},
      {12, "protocol"},        {13, "cancelled"}, {14, "blocked"},
      {15, "local_shortage"}};
  ASSERT_EQ(std::size(stored), static_cast<size_t>(kOutcomeCount));
  for (const auto& [number, name] : stored) {
    EXPECT_EQ(OutcomeName(static_cast<Outcome>(number)), name);
  }
  EXPECT_EQ(OutcomeName(Outcome::kHttp429), "http_429");
  EXPECT_EQ(OutcomeName(Outcome::kConnectRefused), "connect_refused");
  EXPECT_EQ(OutcomeName(Outcome::kCancelled), "cancelled");
}

TEST(Outcome, WhatCarillonDidItselfSaysNothingOfTheReceiver) {
  for (int number = 0; number < kOutcomeCount; ++number) {
    EXPECT_EQ(SpeaksOfReceiver(static_cast<Outcome>(number)), number != 13 && number != 15)
        << kOutcomeNames[static_cast<size_t>(number)];
  }
}

TEST(Outcome, NamesDiffer) {
  EXPECT_EQ(std::set<std::string_view>(kOutcomeNames.begin(), kOutcomeNames.end()).size(),
            kOutcomeNames.size());
}

}  // namespace
}  // namespace carillon::model
