#include "request_maker.h"

#include <charconv>

#include "carillon/codec/body.h"

namespace carillon::delivery {
namespace {

// Room for the headers written per request: an id of 128 bytes and one signature.
constexpr size_t kHeadRoom = 360;

void AppendNumber(std::string& out, int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  out.append(digits, end);
}

}  // namespace

RequestMaker::RequestMaker(const model::Destination& destination, const http::Url& url,
                           std::string_view user_agent)
    : format_(destination.format), signer_(signing::Signer::Create(destination.keys)) {
  prefix_.append("POST ").append(url.target).append(" HTTP/1.1\r\nHost: ");
  prefix_.append(url.HostHeader()).append("\r\nUser-Agent: ").append(user_agent);
  prefix_.append("\r\nContent-Type: ").append(codec::ContentType(format_));
  prefix_.append("\r\nwebhook-id: ");
  prefix_.shrink_to_fit();
}

http::Request RequestMaker::Make(http::EndpointId endpoint, uint64_t token, const HeldRef& event,
                                 base::WallTime now) {
  http::Request request{token, endpoint, {}, event.Body(format_)};
  const int64_t timestamp = base::ToUnixSeconds(now);
  std::string& head = request.head;
  head.reserve(prefix_.size() + kHeadRoom);
  head.append(prefix_).append(event->id()).append("\r\nwebhook-timestamp: ");
  AppendNumber(head, timestamp);
  if (!signer_->empty()) {
    head.append("\r\nwebhook-signature: ");
    signer_->Sign(event->id(), timestamp, *request.body, head);
  }
  head.append("\r\nContent-Length: ");
  AppendNumber(head, static_cast<int64_t>(request.body->size()));
  head.append("\r\n\r\n");
  return request;
}

}  // namespace carillon::delivery
