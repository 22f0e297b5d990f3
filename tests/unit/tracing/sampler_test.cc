#include "carillon/tracing/sampler.h"

#include <gtest/gtest.h>

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
