#include "attempt_span.h"

#include <string>
#include <utility>

#include "carillon/net/url.h"
#include "request_maker.h"

namespace carillon::delivery {
namespace {

void AddServer(const std::string& text, tracing::Span& span) {
  const auto url = net::ParseUrl(text);
  if (!url.ok()) return;
  span.attributes.emplace_back("server.address", url->host);
  span.attributes.emplace_back("server.port", int64_t{url->port});
}

void AddOutcome(model::Outcome outcome, const http::Response& response, tracing::Span& span) {
  const std::string name(model::OutcomeName(outcome));
  span.attributes.emplace_back("carillon.outcome", name);
  if (response.status != 0) {
    span.attributes.emplace_back("http.response.status_code", int64_t{response.status});
  }
  if (response.peer != nullptr)
    span.attributes.emplace_back("network.peer.address", *response.peer);
  if (outcome == model::Outcome::kSuccess) return;
  span.failed = true;
  span.error = response.error;
  span.attributes.emplace_back("error.type", name);
  span.attributes.emplace_back("carillon.phase", std::string(http::PhaseName(response.phase)));
}

void AddLinks(const DeliveryBatch& deliveries, const model::TraceContext& trace,
              tracing::Span& span) {
  deliveries.ForEach([&trace, &span](const Delivery& delivery) {
    if (!delivery.event->traced()) return;
    const model::TraceContext other = *delivery.event->trace();
    if (other.trace_id == trace.trace_id && other.span_id == trace.span_id) return;
    if (span.links.size() < tracing::Span::kMaxLinks) {
      span.links.push_back({other.trace_id, other.span_id});
    } else {
      ++span.dropped_links;
    }
  });
}

}  // namespace

tracing::Span AttemptSpan(const model::Destination& destination, const Attempt& attempt,
                          const model::TraceContext& trace, model::Outcome outcome,
                          const http::Response& response, base::WallTime start) {
  const DeliveryBatch& deliveries = attempt.deliveries;
  const model::Event& event = *deliveries.first.event;
  tracing::Span span = tracing::ChildOf(trace, model::ToSpanId(attempt.span));
  span.name = "deliver";
  span.kind = tracing::Span::Kind::kClient;
  span.start = start;
  span.end = start + (response.ended - response.started);
  span.attributes.reserve(16);
  const bool batch = !deliveries.rest.empty();
  span.attributes.emplace_back("carillon.tenant", destination.tenant);
  span.attributes.emplace_back("carillon.destination", destination.name);
  span.attributes.emplace_back("carillon.attempt", int64_t{deliveries.attempts} + 1);
  span.attributes.emplace_back("carillon.event.type", std::string(event.type()));
  span.attributes.emplace_back("messaging.message.id",
                               batch ? RequestMaker::BatchId(deliveries) : std::string(event.id()));
  if (batch) {
    span.attributes.emplace_back("messaging.batch.message_count",
                                 static_cast<int64_t>(deliveries.size()));
  }
  span.attributes.emplace_back("http.request.method", std::string("POST"));
  AddServer(destination.url, span);
  AddOutcome(outcome, response, span);
  AddLinks(deliveries, trace, span);
  return span;
}

}  // namespace carillon::delivery
