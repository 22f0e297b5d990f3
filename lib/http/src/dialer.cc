#include "dialer.h"

#include "carillon/base/text.h"
#include "shortage.h"

namespace carillon::http {
namespace {

using model::Outcome;

constexpr size_t kMaxHops = 8;

guard::Address ToGuard(const boost::asio::ip::address& address) {
  if (address.is_v4()) return guard::Address::V4(address.to_v4().to_uint());
  return guard::Address::V6(address.to_v6().to_bytes());
}

}  // namespace

Dialer::Dialer(CourierContext& context, std::shared_ptr<const EndpointOptions> options,
               EndpointId endpoint, Done done)
    : context_(context),
      options_(std::move(options)),
      endpoint_(endpoint),
      done_(std::move(done)) {}

void Dialer::Start() {
  egress_ = context_.egress();
  must_end_ = std::chrono::steady_clock::now() + options_->connect_timeout;
  context_.wheel.Set(*this, must_end_);
  context_.mailbox->Ask(context_.resolver, options_->url.host, weak_from_this());
}

void Dialer::Cancel() {
  stage_ = Stage::kOver;
  ClearDeadline();
  done_ = nullptr;
  if (tunnel_) tunnel_->Cancel();
  if (stream_) stream_->Close();
}

void Dialer::OnResolved(absl::StatusOr<Addresses> answer) {
  if (stage_ != Stage::kResolving && stage_ != Stage::kResolvingProxy) return;
  if (!answer.ok()) return OnLookupFailed(answer.status());
  stage_ == Stage::kResolving ? OnDestination(*answer) : OnProxy(*answer);
}

void Dialer::OnLookupFailed(const absl::Status& status) {
  const std::string what =
      stage_ == Stage::kResolving ? options_->url.host : "the proxy " + egress_->proxy->host;
  std::string error = "cannot resolve " + what + ": " + std::string(base::ToStd(status.message()));
  if (status.code() == absl::StatusCode::kResourceExhausted) {
    return FinishShort(model::Resource::kLookups, std::move(error));
  }
  Finish(Outcome::kDns, std::move(error));
}

std::string Dialer::FindRefused(const Addresses& addresses) const {
  absl::Status status = egress_->rules.CheckPort(options_->url.port);
  for (const auto& address : addresses)
    status.Update(egress_->rules.CheckAddress(ToGuard(address)));
  return std::string(base::ToStd(status.message()));
}

void Dialer::OnDestination(const Addresses& addresses) {
  if (const std::string refused = FindRefused(addresses); !refused.empty()) {
    if (context_.options.on_blocked) context_.options.on_blocked();
    return Finish(Outcome::kBlocked, "the guard refuses " + options_->url.host + ": " + refused);
  }
  for (const auto& address : addresses) {
    if (hops_.size() < kMaxHops) hops_.push_back({{address, options_->url.port}, std::nullopt});
  }
  if (!egress_->proxy) return TryNextHop();
  stage_ = Stage::kResolvingProxy;
  context_.mailbox->Ask(context_.resolver, egress_->proxy->host, weak_from_this());
}

void Dialer::OnProxy(const Addresses& addresses) {
  std::vector<Hop> through;
  for (const Hop& hop : hops_) {
    for (const auto& address : addresses) {
      if (through.size() < kMaxHops) through.push_back({{address, egress_->proxy->port}, hop.to});
    }
  }
  hops_ = std::move(through);
  TryNextHop();
}

void Dialer::TryNextHop() {
  stage_ = Stage::kConnecting;
  const auto now = std::chrono::steady_clock::now();
  const auto left = static_cast<int64_t>(hops_.size() - next_hop_);
  context_.wheel.Set(*this, now + (must_end_ - now) / left);
  if (tunnel_) tunnel_->Cancel();
  if (stream_) stream_->Close();
  stream_ = std::make_shared<Stream>(context_.io.get_executor());
  const size_t hop = next_hop_++;
  stream_->Connect(hops_[hop].to,
                   [self = shared_from_this(), hop](ErrorCode ec) { self->OnConnected(ec, hop); });
}

void Dialer::OnConnected(ErrorCode ec, size_t hop) {
  if (stage_ != Stage::kConnecting || hop + 1 != next_hop_) return;
  const Hop& tried = hops_[hop];
  if (!ec) return tried.behind_proxy ? AskProxy(*tried.behind_proxy, hop) : Handshake();
  // Another address has ports of its own; descriptors and memory are short for all of them.
  const std::optional<model::Resource> short_of = ShortageOf(ec, tried.to);
  const bool other_may_do = !short_of || *short_of == model::Resource::kPorts;
  if (other_may_do && next_hop_ < hops_.size()) return TryNextHop();
  std::string error = std::string("cannot connect to ") +
                      (tried.behind_proxy ? "the proxy at " : "") + tried.to.address().to_string() +
                      ": " + ec.message();
  if (short_of) return FinishShort(*short_of, std::move(error));
  Finish(OutcomeOfConnect(ec, tried.to), std::move(error));
}

void Dialer::AskProxy(const TcpEndpoint& to, size_t hop) {
  stage_ = Stage::kTunnelling;
  // Weak: the tunnel must not own who owns it.
  auto done = [weak = weak_from_this(), hop](Tunnel::Result result) {
    if (const auto self = weak.lock()) self->OnTunnel(std::move(result), hop);
  };
  tunnel_ = std::make_shared<Tunnel>(stream_, context_.options.max_head_bytes, std::move(done));
  tunnel_->Ask(ConnectHead(*egress_->proxy, to));
}

void Dialer::OnTunnel(Tunnel::Result result, size_t hop) {
  if (stage_ != Stage::kTunnelling || hop + 1 != next_hop_) return;
  if (result.outcome == Outcome::kSuccess) return Handshake();
  if (result.other_may_do && next_hop_ < hops_.size()) return TryNextHop();
  Finish(result.outcome, std::move(result.error));
}

void Dialer::Handshake() {
  if (!options_->url.tls) return Finish(Outcome::kSuccess, "");
  stage_ = Stage::kHandshaking;
  if (options_->tls_context == nullptr) {
    return Finish(Outcome::kTls, "TLS handshake: no context can be made of the settings");
  }
  context_.wheel.Set(*this, must_end_);
  stream_->Handshake(options_->tls_context.get(), options_->url.host, context_.sessions, endpoint_,
                     [self = shared_from_this()](ErrorCode ec) { self->OnHandshake(ec); });
}

void Dialer::OnHandshake(ErrorCode ec) {
  if (stage_ != Stage::kHandshaking) return;
  if (!ec) return Finish(Outcome::kSuccess, "");
  context_.sessions.Erase(endpoint_);
  if (const auto short_of = ShortageOf(ec, hops_[next_hop_ - 1].to)) {
    return FinishShort(*short_of, "TLS handshake: " + ec.message());
  }
  Finish(Outcome::kTls, "TLS handshake: " + stream_->Explain(ec));
}

void Dialer::OnDeadline() {
  switch (stage_) {
    case Stage::kResolving:
      return Finish(Outcome::kDns, "cannot resolve " + options_->url.host +
                                       ": no answer within the connect time-out");
    case Stage::kResolvingProxy:
      return Finish(Outcome::kDns, "cannot resolve the proxy " + egress_->proxy->host +
                                       ": no answer within the connect time-out");
    case Stage::kTunnelling:
      if (next_hop_ < hops_.size()) return TryNextHop();
      return Finish(Outcome::kConnectTimeout,
                    "the proxy did not answer CONNECT within the connect time-out");
    case Stage::kConnecting:
      if (next_hop_ < hops_.size()) return TryNextHop();
      return Finish(Outcome::kConnectTimeout, "no connection within the connect time-out");
    case Stage::kHandshaking:
      return Finish(Outcome::kConnectTimeout, "no TLS handshake within the connect time-out");
    case Stage::kOver:
      return;
  }
}

Phase Dialer::phase() const {
  switch (stage_) {
    case Stage::kResolving:
    case Stage::kResolvingProxy:
      return Phase::kResolve;
    case Stage::kConnecting:
      return Phase::kConnect;
    case Stage::kTunnelling:
      return Phase::kProxy;
    case Stage::kHandshaking:
    case Stage::kOver:
      break;
  }
  return Phase::kTls;
}

void Dialer::FinishShort(model::Resource of, std::string error) {
  short_of_ = of;
  Finish(Outcome::kLocalShortage, std::move(error));
}

void Dialer::Finish(Outcome outcome, std::string error) {
  Dialed dialed{outcome, std::move(error), nullptr, phase(), nullptr};
  dialed.short_of = short_of_;
  if (stream_) dialed.peer = std::make_shared<const std::string>(stream_->peer());
  stage_ = Stage::kOver;
  ClearDeadline();
  if (tunnel_) tunnel_->Cancel();
  const auto self = shared_from_this();  // `done` lets go of it
  if (outcome == Outcome::kSuccess) {
    dialed.stream = std::move(stream_);
  } else if (stream_) {
    stream_->Close();
  }
  const Done done = std::move(done_);
  done(std::move(dialed));
}

}  // namespace carillon::http
