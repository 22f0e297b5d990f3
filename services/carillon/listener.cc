#include "listener.h"

#include <algorithm>
#include <utility>

#include "carillon/signing/signer.h"

namespace carillon::cli {
namespace {

constexpr size_t kMaxBodyBytes = 16u << 20;
constexpr int kUnauthorized = 401;
constexpr int kBadGateway = 502;

std::string_view HeaderOf(const web::Request& request, std::string_view name) {
  return request.headers.Find(name).value_or("");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Open(boost::asio::io_context& io,
                                                         const std::string& address,
                                                         std::optional<Forwarder> forwarder,
                                                         Tell tell) {
  std::unique_ptr<Listener> listener(new Listener(io, std::move(forwarder), std::move(tell)));
  web::Routes routes;
  routes.Add({.path = "/*",
              .methods = {"POST"},
              .handler =
                  [here = listener.get()](web::Request request, web::Responder responder) {
                    here->Handle(std::move(request), std::move(responder));
                  },
              .max_body_bytes = kMaxBodyBytes});
  auto server = web::Server::Listen(io, address, std::move(routes));
  if (!server.ok()) return server.status();
  listener->server_ = *std::move(server);
  return listener;
}

SignatureVerdict Listener::Verify(const web::Request& request) const {
  const std::string_view header = HeaderOf(request, "webhook-signature");
  if (header.empty()) return SignatureVerdict::kNone;
  const bool good = std::ranges::any_of(keys_, [&](const base::Secret& key) {
    return signing::Verify(key, HeaderOf(request, "webhook-id"),
                           HeaderOf(request, "webhook-timestamp"), request.body, header);
  });
  return good ? SignatureVerdict::kGood : SignatureVerdict::kWrong;
}

void Listener::Handle(web::Request request, web::Responder responder) {
  auto arrived = std::make_shared<Arrived>();
  arrived->request = std::move(request);
  arrived->verdict = Verify(arrived->request);
  const auto answer = [arrived, tell = tell_](web::Responder& to) {
    to.Reply({.status = arrived->status});
    tell(*arrived);
  };
  if (arrived->verdict == SignatureVerdict::kWrong || !forwarder_) {
    if (arrived->verdict == SignatureVerdict::kWrong) arrived->status = kUnauthorized;
    return answer(responder);
  }
  auto waiting = std::make_shared<web::Responder>(std::move(responder));
  forwarder_->Send(io_, arrived->request, [arrived, waiting, answer](Forwarded forwarded) {
    arrived->status = forwarded.status == 0 ? kBadGateway : forwarded.status;
    arrived->forwarded = std::move(forwarded);
    answer(*waiting);
  });
}

}  // namespace carillon::cli
