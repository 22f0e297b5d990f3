#pragma once

#include "carillon/base/random.h"
#include "carillon/model/trace_context.h"

namespace carillon::tracing {

/// Whether a trace with this id that begins here is recorded: so that `ratio` (0 to 1) of all are,
/// and of one id everybody with the same ratio decides alike. Pure. (What began elsewhere is
/// recorded when its flag `sampled` says so, whatever the ratio.)
bool SamplesRoot(const model::TraceId& id, double ratio);

/// The beginning of a trace: fresh ids, `random`, and `sampled` as above.
model::TraceContext BeginTrace(double ratio, base::Random& random);

}  // namespace carillon::tracing
