#include "carillon/tracing/sampler.h"

#include <algorithm>
#include <cmath>

namespace carillon::tracing {

bool SamplesRoot(const model::TraceId& id, double ratio) {
  if (ratio >= 1) return true;  // the highest bits round up to 1
  // The last seven bytes: those that `random` speaks of.
  uint64_t bits = 0;
  for (size_t i = 9; i < id.size(); ++i) bits = bits << 8 | id[i];
  constexpr double kAll = static_cast<double>(uint64_t{1} << 56);
  return static_cast<double>(bits) < std::max(ratio, 0.0) * kAll;
}

model::TraceContext BeginTrace(double ratio, base::Random& random) {
  model::TraceContext context;
  const model::SpanId high = model::ToSpanId(random.Next());
  const model::SpanId low = model::ToSpanId(random.Next());
  std::ranges::copy(high, context.trace_id.begin());
  std::ranges::copy(low, context.trace_id.begin() + high.size());
  context.span_id = model::ToSpanId(random.Next());
  context.flags = model::TraceContext::kRandom;
  if (SamplesRoot(context.trace_id, ratio)) context.flags |= model::TraceContext::kSampled;
  return context;
}

}  // namespace carillon::tracing
