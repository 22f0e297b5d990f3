// Rates of the last minute, from memory.
#include "recent_rates.h"

#include <gtest/gtest.h>

namespace carillon::statistics {
namespace {

using std::chrono::seconds;

class RecentRatesTest : public testing::Test {
 protected:
  void Add(const std::string& tenant, uint32_t accepted, uint32_t delivered) {
    rates_.Add({.tenant = tenant, .at = now_, .delivered = delivered, .accepted = accepted});
  }
  Rates Of(const std::string& tenant) const { return rates_.Of(tenant, now_); }

  base::WallTime now_{seconds(1'700'000'000)};  // a slot begins
  RecentRates rates_;
};

TEST_F(RecentRatesTest, AreOfTheMinuteThatIsOver) {
  Add("acme", 120, 60);
  Add("bell", 60, 0);
  EXPECT_EQ(Of("acme").accepted, 0) << "the slot is not over";
  now_ += RecentRates::kSlot;
  EXPECT_EQ(Of("acme").accepted, 2);
  EXPECT_EQ(Of("acme").delivered, 1);
  EXPECT_EQ(Of("").accepted, 3);
  EXPECT_EQ(Of("other").accepted, 0);
  now_ += RecentRates::kWindow - RecentRates::kSlot;
  Add("acme", 60, 0);
  EXPECT_EQ(Of("acme").accepted, 2);
  now_ += RecentRates::kSlot;
  EXPECT_EQ(Of("acme").accepted, 1) << "the first minute is over";
  now_ += RecentRates::kWindow;
  EXPECT_EQ(Of("").accepted, 0);
}

TEST_F(RecentRatesTest, WhatComesLateIsInItsSlotOrInNone) {
  Add("acme", 60, 0);
  now_ += RecentRates::kSlot;
  Add("acme", 60, 0);
  now_ -= RecentRates::kSlot;
  Add("acme", 60, 0);
  now_ += 2 * RecentRates::kSlot;
  EXPECT_EQ(Of("acme").accepted, 3);
  now_ -= RecentRates::kWindow + 2 * RecentRates::kSlot;
  Add("acme", 600, 0);  // where another slot lies now, or none
  now_ += RecentRates::kWindow + 2 * RecentRates::kSlot;
  EXPECT_EQ(Of("acme").accepted, 3);
}

TEST_F(RecentRatesTest, ARunIsCountedWhereItBelongs) {
  {
    RecentRun run(rates_);
    const auto add = [&](const char* tenant, uint32_t accepted, uint32_t delivered) {
      run.Add({.tenant = tenant, .at = now_, .delivered = delivered, .accepted = accepted});
    };
    for (int i = 0; i < 3; ++i) add("acme", 20, 0);
    add("bell", 60, 120);
    add("acme", 0, 60);
    now_ += RecentRates::kSlot;
    add("acme", 120, 0);
    add("acme", 0, 0);
  }
  EXPECT_EQ(Of("acme").accepted, 1);
  EXPECT_EQ(Of("acme").delivered, 1);
  EXPECT_EQ(Of("bell").delivered, 2);
  EXPECT_EQ(Of("").accepted, 2);
  now_ += RecentRates::kSlot;
  EXPECT_EQ(Of("acme").accepted, 3);
  EXPECT_EQ(Of("").delivered, 3);
}

TEST_F(RecentRatesTest, TenantsHaveABound) {
  for (size_t i = 0; i < RecentRates::kMaxTenants; ++i) Add("t" + std::to_string(i), 1, 0);
  Add("acme", 60, 0);
  now_ += RecentRates::kSlot;
  EXPECT_EQ(Of("acme").accepted, 0);
  EXPECT_GT(Of("").accepted, 1);
  now_ += RecentRates::kWindow;
  Add("acme", 60, 0);
  now_ += RecentRates::kSlot;
  EXPECT_EQ(Of("acme").accepted, 1) << "those that had nothing have made room";
}

}  // namespace
}  // namespace carillon::statistics
