#include "publish_trace.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "carillon/tracing/sampler.h"

namespace carillon::rpc {
namespace {

bool Before(const model::TraceContext& a, const model::TraceContext& b) {
  return std::tie(a.trace_id, a.span_id) < std::tie(b.trace_id, b.span_id);
}

}  // namespace

PublishTrace::PublishTrace(tracing::Tracer& tracer, const std::optional<model::TraceContext>& call,
                           const base::Clock& clock, base::Random& random)
    : tracer_(tracer),
      clock_(clock),
      random_(random),
      inherited_(call),
      start_wall_(clock.Wall()),
      start_(clock.Mono()) {
  if (inherited_) return;
  const model::TraceContext begun = tracing::BeginTrace(tracer.sample_ratio(), random);
  // One that nobody records is not worth its place with every event.
  if (!begun.sampled()) return;
  inherited_ = begun;
  begins_ = true;
}

void PublishTrace::OnDecoded(const std::vector<std::shared_ptr<model::Event>>& events) {
  decoded_ = clock_.Mono();
  for (const auto& event : events) {
    if (!event->traced()) continue;
    model::TraceContext context = *event->trace();
    if (!context.sampled()) continue;
    if (!parts_.empty() && parts_.back().context == context) {
      ++parts_.back().events;
    } else {
      parts_.push_back({std::move(context), 1});
    }
  }
  if (parts_.size() < 2) return;
  std::ranges::sort(parts_, Before, &Part::context);
  std::vector<Part> merged;
  for (Part& part : parts_) {
    if (!merged.empty() && !Before(merged.back().context, part.context)) {
      merged.back().events += part.events;
    } else {
      merged.push_back(std::move(part));
    }
  }
  parts_ = std::move(merged);
}

void PublishTrace::End(const absl::Status& status) {
  const base::MonoTime end = clock_.Mono();
  // What was refused has no events to go by.
  if (!decoded_ && inherited_ && inherited_->sampled()) parts_.push_back({*inherited_, 0});
  for (const Part& part : parts_) Record(part, status, end);
}

void PublishTrace::Record(const Part& part, const absl::Status& status, base::MonoTime end) {
  const bool first = begins_ && part.context.span_id == inherited_->span_id &&
                     part.context.trace_id == inherited_->trace_id;
  tracing::Span span = tracing::ChildOf(
      part.context, first ? part.context.span_id : model::ToSpanId(random_.Next()));
  if (first) span.parent = {};
  span.name = "publish";
  span.kind = tracing::Span::Kind::kServer;
  span.start = start_wall_;
  span.end = WallOf(end);
  span.attributes = {{"rpc.system", std::string("grpc")},
                     {"rpc.service", std::string("carillon.v1.EventPublisher")},
                     {"rpc.grpc.status_code", static_cast<int64_t>(status.code())}};
  if (part.events > 0) {
    span.attributes.emplace_back("messaging.batch.message_count",
                                 static_cast<int64_t>(part.events));
  }
  span.failed = !status.ok();
  span.error = std::string(status.message());
  if (decoded_ && committed_) {
    tracing::Span commit = span;
    commit.parent = span.id;
    commit.remote_parent = false;
    commit.id = model::ToSpanId(random_.Next());
    commit.name = "commit";
    commit.kind = tracing::Span::Kind::kInternal;
    commit.start = WallOf(*decoded_);
    commit.end = WallOf(*committed_);
    commit.attributes.clear();
    tracer_.Record(std::move(commit));
  }
  tracer_.Record(std::move(span));
}

}  // namespace carillon::rpc
