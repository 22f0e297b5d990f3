#include "carillon/tracing/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace carillon::tracing {
namespace {

TEST(Sampler, RecordsTheShareThatWasAskedFor) {
  for (const double ratio : {0.0, 0.01, 0.25, 1.0}) {
    base::SeededRandom random(7);
    int sampled = 0;
    constexpr int kTraces = 40'000;
    for (int i = 0; i < kTraces; ++i) sampled += BeginTrace(ratio, random).sampled() ? 1 : 0;
    EXPECT_NEAR(sampled, ratio * kTraces, ratio == 0 || ratio == 1 ? 0 : 400) << ratio;
  }
}

TEST(Sampler, OfOneIdDecidesAlikeAndWhatALowerRatioTakesAHigherTakesToo) {
  base::SeededRandom random(8);
  for (int i = 0; i < 2'000; ++i) {
    const model::TraceId id = BeginTrace(0.5, random).trace_id;
    EXPECT_EQ(SamplesRoot(id, 0.3), SamplesRoot(id, 0.3));
    EXPECT_LE(SamplesRoot(id, 0.3), SamplesRoot(id, 0.6));
  }
  EXPECT_FALSE(SamplesRoot({}, 0));
  EXPECT_FALSE(SamplesRoot({}, -1));
  model::TraceId last;
  last.fill(0xFF);
  EXPECT_TRUE(SamplesRoot(last, 1));
  EXPECT_TRUE(SamplesRoot(last, 2));
  EXPECT_FALSE(SamplesRoot(last, 0.999));
}

/// An id that has these bytes from `first` on, and zeros.
model::TraceId IdWith(size_t first, std::initializer_list<uint8_t> bytes) {
  model::TraceId id{};
  std::ranges::copy(bytes, id.begin() + static_cast<std::ptrdiff_t>(first));
  return id;
}

/// W3C's level 2: the last seven bytes are random; who makes the others may put anything there.
TEST(Sampler, AsksTheLastSevenBytesOfAnIdOnly) {
  const auto others = IdWith(0, {255, 255, 255, 255, 255, 255, 255, 255, 255});
  EXPECT_TRUE(SamplesRoot(others, 1e-9));
  const auto last = IdWith(9, {255, 255, 255, 255, 255, 255, 255});
  EXPECT_FALSE(SamplesRoot(last, 0.999));
  const auto half = IdWith(9, {0x80});  // the first of them weighs most
  EXPECT_FALSE(SamplesRoot(half, 0.5));
  EXPECT_TRUE(SamplesRoot(half, 0.500001));
  const auto least = IdWith(15, {1});
  EXPECT_TRUE(SamplesRoot(least, 0x1.8p-56));
  EXPECT_FALSE(SamplesRoot(least, 0x1p-56));
}

TEST(Sampler, IdsAreFreshAndNeverZero) {
  base::SeededRandom random(9);
  std::set<model::TraceId> seen;
  for (int i = 0; i < 1'000; ++i) {
    const model::TraceContext context = BeginTrace(1, random);
    EXPECT_TRUE(seen.insert(context.trace_id).second);
    EXPECT_NE(context.span_id, model::SpanId{});
    EXPECT_EQ(context.flags, model::TraceContext::kKnownFlags);
  }
}

}  // namespace
}  // namespace carillon::tracing
