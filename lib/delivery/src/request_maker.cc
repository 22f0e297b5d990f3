#include "request_maker.h"

#include <openssl/sha.h>

#include <array>
#include <charconv>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "carillon/authorization/header.h"
#include "carillon/base/text.h"
#include "carillon/codec/body.h"
#include "carillon/codec/cloud_event.h"

namespace carillon::delivery {
namespace {

// Room for the headers written per request: an id of 128 bytes and one signature.
constexpr size_t kHeadRoom = 360;

void AppendNumber(std::string& out, int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  out.append(digits, end);
}

/// The header lines of W3C Trace Context, each ending in CR LF.
void AppendTrace(const model::Event& event, uint64_t span, std::string& head) {
  const model::TraceContext trace = *event.trace();
  head.append("traceparent: ");
  model::AppendTraceparent(trace, model::ToSpanId(span), head);
  head.append("\r\n");
  if (!trace.state.empty()) head.append("tracestate: ").append(trace.state).append("\r\n");
}

}  // namespace

RequestMaker::RequestMaker(const model::Destination& destination, const net::Url& url,
                           std::string_view user_agent)
    : format_(destination.format), source_(destination.cloudevents_source) {
  prefix_.append("POST ").append(url.target).append(" HTTP/1.1\r\nHost: ");
  prefix_.append(url.HostHeader()).append("\r\nUser-Agent: ").append(user_agent);
  prefix_.append("\r\nContent-Type: ").append(codec::ContentType(format_));
  for (const model::Header& header : destination.headers) {
    prefix_.append("\r\n").append(header.name).append(": ").append(header.value.Reveal());
  }
  const std::string authorization = authorization::HeaderValue(destination.authorization);
  if (!authorization.empty()) prefix_.append("\r\nAuthorization: ").append(authorization);
  prefix_.append("\r\nwebhook-id: ");
  prefix_.shrink_to_fit();
  const auto& custom = destination.signature;
  if (!destination.keys.empty() && (!custom || custom->webhook_signature)) {
    signatures_.push_back({"\r\nwebhook-signature: ", signing::Signer::Create(destination.keys)});
  }
  if (custom) {
    signatures_.push_back(
        {"\r\n" + custom->header + ": ", signing::Signer::CreateCustom(*custom, destination.keys)});
  }
}

std::string RequestMaker::BatchId(const DeliveryBatch& deliveries) {
  std::string ids;
  deliveries.ForEach(
      [&ids](const Delivery& delivery) { ids.append(delivery.event->id()).push_back('\0'); });
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(ids.data()), ids.size(), digest.data());
  const std::string_view bytes(reinterpret_cast<const char*>(digest.data()), 16);
  return absl::StrCat("batch_", absl::BytesToHexString(base::ToAbsl(bytes)));
}

// A body with a source of the destination's own, or of a batch, is no other lane's, so it is not
// kept with the event: it lives as long as the attempt.
std::shared_ptr<const std::string> RequestMaker::Body(const DeliveryBatch& deliveries) const {
  const bool own_source = !source_.empty() && codec::HasSource(format_);
  if (deliveries.rest.empty() && !own_source) return deliveries.first.event.Body(format_);
  std::vector<const model::Event*> events;
  events.reserve(deliveries.size());
  deliveries.ForEach([&events](const Delivery& delivery) { events.push_back(&*delivery.event); });
  return std::make_shared<const std::string>(codec::EncodeBody(format_, events, source_));
}

http::Request RequestMaker::Make(http::EndpointId endpoint, uint64_t token,
                                 const DeliveryBatch& deliveries, base::WallTime now,
                                 uint64_t span) {
  http::Request request{token, endpoint, {}, Body(deliveries)};
  const HeldRef& event = deliveries.first.event;
  const std::string batch_id = deliveries.rest.empty() ? std::string() : BatchId(deliveries);
  const std::string_view id = deliveries.rest.empty() ? event->id() : std::string_view(batch_id);
  const int64_t timestamp = base::ToUnixSeconds(now);
  std::string& head = request.head;
  head.reserve(prefix_.size() + kHeadRoom);
  head.append(prefix_).append(id).append("\r\nwebhook-timestamp: ");
  AppendNumber(head, timestamp);
  for (const Signature& signature : signatures_) {
    head.append(signature.line);
    signature.signer->Sign(id, timestamp, *request.body, head);
  }
  head.append("\r\n");
  if (span != 0) AppendTrace(*deliveries.Traced(), span, head);
  if (format_ == model::Format::kCloudEventsBinary) {
    codec::AppendCloudEventHeaders(*event, source_, head);
  }
  head.append("Content-Length: ");
  AppendNumber(head, static_cast<int64_t>(request.body->size()));
  head.append("\r\n\r\n");
  return request;
}

}  // namespace carillon::delivery
