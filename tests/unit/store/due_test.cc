// The order of parked rows is promised to every user of a store.

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "carillon/store/parked.h"

namespace carillon::store {
namespace {

base::WallTime At(int64_t ns) { return base::WallTime(std::chrono::nanoseconds(ns)); }

TEST(Due, RowsThatWaitForATimeComeFirstThenMarksThenHeldThenKept) {
  const Due ascending[] = {
      Due(),        Due::At(At(-1)), Due::At(At(5)),       Due::At(base::WallTime::max()),
      Due::Stuck(), Due::Held(1),    Due::Held(kMaxGroup), Due::Kept()};
  for (size_t i = 1; i < std::size(ascending); ++i) {
    EXPECT_LT(ascending[i - 1], ascending[i]) << i;
    EXPECT_NE(ascending[i - 1], ascending[i]) << i;
  }
}

TEST(Due, KeepsWhatItIsMadeOf) {
  EXPECT_TRUE(Due::At(At(7)).timed());
  EXPECT_EQ(Due::At(At(7)).time(), At(7));
  EXPECT_EQ(Due::Held(kMaxGroup).group(), kMaxGroup);
  EXPECT_EQ(Due::Held(3).kind(), Due::Kind::kHeld);
  EXPECT_FALSE(Due::Kept().timed());
}

}  // namespace
}  // namespace carillon::store
