#pragma once

#include "attempts.h"
#include "carillon/base/clock.h"
#include "carillon/http/courier.h"
#include "carillon/model/destination.h"
#include "carillon/model/outcome.h"
#include "carillon/model/trace_context.h"
#include "carillon/tracing/span.h"

namespace carillon::delivery {

/// The span `deliver` of an attempt that began at `start` and ended with `outcome`; `trace` is that
/// of DeliveryBatch::Traced. A batch has links to the other traces of its events. No attribute has
/// a path, a header, a body or a credential in it.
tracing::Span AttemptSpan(const model::Destination& destination, const Attempt& attempt,
                          const model::TraceContext& trace, model::Outcome outcome,
                          const http::Response& response, base::WallTime start);

}  // namespace carillon::delivery
