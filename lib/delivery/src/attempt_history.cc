#include "attempt_history.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "carillon/delivery/response_facts.h"
#include "lane.h"

namespace carillon::delivery {
namespace {

/// Names of header fields whose values are not shown, in lower case.
std::vector<std::string> SecretFields(const model::Destination& destination) {
  std::vector<std::string> names{"webhook-signature"};
  if (destination.signature) names.push_back(absl::AsciiStrToLower(destination.signature->header));
  for (const model::Header& header : destination.headers) {
    if (header.secret) names.push_back(absl::AsciiStrToLower(header.name));
  }
  return names;
}

}  // namespace

void AttemptHistory::Want(http::Request& request) const {
  if (options_.sink == nullptr || options_.details == KeepDetails::kNone) return;
  request.keep_head_bytes = HistoryOptions::kHeadBytes;
  request.keep_body_bytes = options_.body_bytes;
}

void AttemptHistory::Add(const Attempt& attempt, const AttemptEnd& end, deliverylog::State state,
                         base::WallTime next) {
  if (options_.statistics != nullptr) Count(attempt, end, state);
  if (options_.sink != nullptr) Log(attempt, end, state, next);
}

void AttemptHistory::Count(const Attempt& attempt, const AttemptEnd& end,
                           deliverylog::State state) {
  const model::Destination& destination = attempt.lane->destination();
  const bool delivered = state == deliverylog::State::kDelivered;
  options_.statistics->Add(
      shard_, {.tenant = destination.tenant,
               .destination = destination.name,
               .uid = destination.uid,
               .at = end.ended(),
               .outcome = end.outcome,
               .responded = end.response.status != 0,
               .duration_us = end.us,
               .sent_bytes = attempt.sent_bytes,
               .delivered = delivered ? static_cast<uint32_t>(attempt.deliveries.size()) : 0});
}

void AttemptHistory::AddDead(const Lane& lane) {
  if (options_.statistics == nullptr) return;
  const model::Destination& destination = lane.destination();
  options_.statistics->Add(shard_, {.tenant = destination.tenant,
                                    .destination = destination.name,
                                    .uid = destination.uid,
                                    .at = clock_.Wall(),
                                    .dead = 1});
}

void AttemptHistory::Log(const Attempt& attempt, const AttemptEnd& end, deliverylog::State state,
                         base::WallTime next) {
  Lane& lane = *attempt.lane;
  const DeliveryBatch& deliveries = attempt.deliveries;
  deliverylog::Entry entry{
      .figures = {.started = end.started,
                  .next = next,
                  .duration_us = end.us,
                  .number = deliveries.earlier + deliveries.attempts + 1,
                  .status = end.response.status,
                  .batch = static_cast<uint16_t>(std::min<size_t>(deliveries.size(), UINT16_MAX)),
                  .outcome = end.outcome,
                  .state = state,
                  .trigger = deliveries.trigger},
      .tenant = lane.destination().tenant,
      .destination = lane.destination().name};
  std::optional<deliverylog::Detail> detail;
  if (Allows(lane, end)) {
    detail = DetailOf(attempt, end);
    entry.detail = &*detail;
  }
  deliveries.ForEach([&](const Delivery& delivery) {
    const model::Event& event = *delivery.event;
    entry.figures.position = event.position();
    entry.figures.accepted = event.accepted_at();
    entry.event_type = event.type();
    entry.event_id = event.id();
    options_.sink->Add(shard_, entry);
    entry.detail = nullptr;  // of a batch the first one has it
  });
}

bool AttemptHistory::Allows(Lane& lane, const AttemptEnd& end) const {
  if (options_.details == KeepDetails::kNone) return false;
  const bool sample =
      end.outcome == model::Outcome::kSuccess && options_.details == KeepDetails::kFailures;
  DetailAllowance& allowance = lane.details();
  return sample ? allowance.TakeSample(end.seen_mono) : allowance.Take(end.seen_mono);
}

// The head is made anew: the attempt's own went with the courier.
deliverylog::Detail AttemptHistory::DetailOf(const Attempt& attempt, const AttemptEnd& end) const {
  Lane& lane = *attempt.lane;
  const http::Response& response = end.response;
  const std::vector<std::string> secret = SecretFields(lane.destination());
  const http::Request request = lane.requests().Make(lane.endpoint(), attempt.token(),
                                                     attempt.deliveries, end.started, attempt.span);
  const http::PhaseTimes& times = response.times;
  const std::string& url = lane.destination().url;
  return {.phases = {.dns = times.dns,
                     .connect = times.connect,
                     .tls = times.tls,
                     .first_byte = times.first_byte,
                     .body = times.body},
          .peer = response.peer ? *response.peer : std::string(),
          .error = response.error,
          .url = url.substr(0, url.find_first_of("?#")),
          .request = deliverylog::BlankedHead(request.head, secret, HistoryOptions::kHeadBytes),
          .sent = request.body->size(),
          .response = deliverylog::BlankedHead(response.head, secret, HistoryOptions::kHeadBytes),
          .body = response.body,
          .body_cut = !response.body.empty() && response.body.size() >= options_.body_bytes,
          .facts = FactsOf(response, url, end.seen)};
}

}  // namespace carillon::delivery
