#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/model/event.h"
#include "carillon/model/trace_context.h"
#include "carillon/tracing/span.h"
#include "carillon/tracing/tracer.h"

namespace carillon::rpc {

/// The spans of one message of events, where a tracer is: `publish` from its arrival to its answer,
/// and below it `commit` from the journal's taking the events to their being durable. One pair for
/// each trace that an event of the message belongs to. Made only where there is a tracer; one
/// thread at a time.
class PublishTrace {
 public:
  /// `call` is what the call's metadata said. When it is not set, a trace begins here if the
  /// tracer's ratio says so.
  PublishTrace(tracing::Tracer& tracer, const std::optional<model::TraceContext>& call,
               const base::Clock& clock, base::Random& random);

  /// Returns the context of events that bring none of their own, or null when they have no trace.
  const model::TraceContext* inherited() const { return inherited_ ? &*inherited_ : nullptr; }

  /// The events go to the journal now.
  void OnDecoded(const std::vector<std::shared_ptr<model::Event>>& events);
  /// The journal has answered; its thread.
  void OnCommitted() { committed_ = clock_.Mono(); }
  /// The answer was given: records the spans. `events`: as many as were sent.
  void End(const absl::Status& status);

 private:
  struct Part {
    model::TraceContext context;
    size_t events = 0;
  };

  base::WallTime WallOf(base::MonoTime time) const { return start_wall_ + (time - start_); }
  void Record(const Part& part, const absl::Status& status, base::MonoTime end);

  tracing::Tracer& tracer_;
  const base::Clock& clock_;
  base::Random& random_;
  std::optional<model::TraceContext> inherited_;
  bool begins_ = false;  ///< the trace: its first span is this message's
  const base::WallTime start_wall_;
  const base::MonoTime start_;
  std::optional<base::MonoTime> decoded_;
  std::optional<base::MonoTime> committed_;
  std::vector<Part> parts_;  ///< of sampled traces
};

}  // namespace carillon::rpc
