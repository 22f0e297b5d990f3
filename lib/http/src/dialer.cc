#include "dialer.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "connect_failure.h"

namespace carillon::http {
namespace {

using model::Outcome;

constexpr size_t kMaxHops = 64;
constexpr size_t kMaxConnecting = 6;
constexpr std::chrono::milliseconds kAttemptDelay{250};
constexpr std::chrono::milliseconds kMinAttemptDelay{10};

guard::Address ToGuard(const boost::asio::ip::address& address) {
  if (address.is_v4()) return guard::Address::V4(address.to_v4().to_uint());
  return guard::Address::V6(address.to_v6().to_bytes());
}

/// How much an outcome tells: what could not be tried for want of this machine's own most, for that
/// is nobody's fault; that a family has no route here least.
int WeightOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kLocalShortage:
      return 5;
    case Outcome::kConnectTimeout:
      return 4;
    case Outcome::kConnectRefused:
      return 3;
    case Outcome::kReset:
      return 2;
    default:
      return 1;
  }
}

}  // namespace

Dialer::Dialer(CourierContext& context, std::shared_ptr<const EndpointOptions> options,
               std::shared_ptr<AddressHistory> history, Done done)
    : context_(context),
      options_(std::move(options)),
      history_(std::move(history)),
      done_(std::move(done)) {}

void Dialer::Start() {
  egress_ = context_.egress();
  stage_since_ = context_.clock.Mono();
  must_end_ = stage_since_ + options_->connect_timeout;
  context_.wheel.Set(*this, must_end_);
  context_.mailbox->Ask(context_.resolver, options_->url.host, options_->tenant, weak_from_this());
}

void Dialer::Cancel() {
  if (stage_ == Stage::kHandshaking)
    history_->Failed(DestinationOf(hop_).address(), context_.clock.Mono());
  Enter(Stage::kOver);
  ClearDeadline();
  done_ = nullptr;
  CloseTries();
  if (tunnel_) tunnel_->Cancel();
  if (stream_) stream_->Close();
}

PhaseTimes::Time* Dialer::TimeOf(PhaseTimes& times, Stage stage) {
  switch (stage) {
    case Stage::kResolving:
    case Stage::kResolvingProxy:
      return &times.dns;
    case Stage::kConnecting:
    case Stage::kTunnelling:
      return &times.connect;
    case Stage::kHandshaking:
      return &times.tls;
    case Stage::kOver:
      break;
  }
  return nullptr;
}

void Dialer::Enter(Stage stage) {
  times_ = times();
  stage_since_ = context_.clock.Mono();
  stage_ = stage;
}

PhaseTimes Dialer::times() const {
  PhaseTimes times = times_;
  if (PhaseTimes::Time* const time = TimeOf(times, stage_)) {
    *time = std::max(*time, PhaseTimes::Time(0)) + (context_.clock.Mono() - stage_since_);
  }
  return times;
}

void Dialer::TellHandshake(HandshakeResult result) const {
  if (context_.options.on_handshake) context_.options.on_handshake(result);
}

void Dialer::NoteTimeout() {
  if (stage_ == Stage::kHandshaking) TellHandshake(HandshakeResult::kTimeout);
}

void Dialer::OnResolved(absl::StatusOr<Addresses> answer) {
  if (stage_ != Stage::kResolving && stage_ != Stage::kResolvingProxy) return;
  if (!answer.ok()) return OnLookupFailed(answer.status());
  stage_ == Stage::kResolving ? OnDestination(*answer) : OnProxy(*answer);
}

const std::string& Dialer::HostAsked() const {
  return stage_ == Stage::kResolving ? options_->url.host : egress_->proxy->host;
}

std::string Dialer::CannotResolve(std::string_view why) const {
  return absl::StrCat("cannot resolve ", stage_ == Stage::kResolving ? "" : "the proxy ",
                      HostAsked(), ": ", base::ToAbsl(why));
}

void Dialer::OnLookupFailed(const absl::Status& status) {
  std::string error = CannotResolve(base::ToStd(status.message()));
  if (status.code() == absl::StatusCode::kResourceExhausted) {
    return FinishShort(model::Resource::kLookups, std::move(error));
  }
  Finish(Outcome::kDns, std::move(error), LookupFailed(HostAsked(), LookupCode(status)));
}

std::optional<Dialer::Refused> Dialer::FindRefused(const Addresses& addresses) const {
  const absl::Status port = egress_->rules.CheckPort(options_->url.port);
  if (!port.ok()) {
    const std::string text(base::ToStd(port.message()));
    return Refused{{.address = "", .rule = text}, text};
  }
  for (const auto& address : addresses) {
    auto refusal = egress_->rules.FindRefusal(ToGuard(address));
    if (!refusal) continue;
    return Refused{{.address = address.to_string(), .rule = std::move(refusal->rule)},
                   std::move(refusal->text)};
  }
  return std::nullopt;
}

void Dialer::OnDestination(const Addresses& addresses) {
  if (std::optional<Refused> refused = FindRefused(addresses)) {
    if (context_.options.on_blocked) context_.options.on_blocked();
    return Finish(Outcome::kBlocked,
                  "the guard refuses " + options_->url.host + ": " + refused->text,
                  Blocked(std::move(refused->facts.address), std::move(refused->facts.rule)));
  }
  for (const auto& address : history_->Order(addresses, context_.clock.Mono())) {
    if (hops_.size() < kMaxHops) hops_.push_back({{address, options_->url.port}, std::nullopt});
  }
  if (!egress_->proxy) return ConnectNext();
  Enter(Stage::kResolvingProxy);
  context_.mailbox->Ask(context_.resolver, egress_->proxy->host, "", weak_from_this());
}

void Dialer::OnProxy(const Addresses& addresses) {
  const Addresses ordered = context_.proxy_history.Order(addresses, context_.clock.Mono());
  std::vector<Hop> through;
  for (const Hop& hop : hops_) {
    for (const auto& address : ordered) {
      if (through.size() < kMaxHops) through.push_back({{address, egress_->proxy->port}, hop.to});
    }
  }
  hops_ = std::move(through);
  ConnectNext();
}

const Dialer::TcpEndpoint& Dialer::DestinationOf(size_t hop) const {
  return hops_[hop].behind_proxy ? *hops_[hop].behind_proxy : hops_[hop].to;
}

void Dialer::Blame(size_t hop) {
  AddressHistory& history = hops_[hop].behind_proxy ? context_.proxy_history : *history_;
  history.Failed(hops_[hop].to.address(), context_.clock.Mono());
}

void Dialer::ConnectNext() {
  Enter(Stage::kConnecting);
  if (!TakePlace()) CloseOldest();
  const size_t hop = next_hop_++;
  const auto now = context_.clock.Mono();
  const auto share = (must_end_ - now) / static_cast<int64_t>(hops_.size() - hop);
  const auto delay = std::clamp<base::MonoTime::duration>(share, kMinAttemptDelay, kAttemptDelay);
  context_.wheel.Set(*this, has_next() ? std::min(must_end_, now + delay) : must_end_);
  const auto stream = std::make_shared<Stream>(context_.io.get_executor());
  connecting_.push_back({hop, stream});
  stream->Connect(hops_[hop].to,
                  [self = shared_from_this(), hop](ErrorCode ec) { self->OnConnected(ec, hop); });
}

void Dialer::OnConnected(ErrorCode ec, size_t hop) {
  const auto at = std::ranges::find(connecting_, hop, &Try::hop);
  if (at == connecting_.end()) return;
  std::shared_ptr<Stream> stream = std::move(at->stream);
  connecting_.erase(at);
  ec ? OnConnectFailed(ec, hop, stream->peer()) : Win(std::move(stream), hop);
}

void Dialer::OnConnectFailed(ErrorCode ec, size_t hop, std::string peer) {
  const Hop& tried = hops_[hop];
  const std::optional<model::Resource> short_of = ShortageOf(ec, tried.to);
  const Outcome outcome = OutcomeOfConnect(ec, tried.to);
  if (WeightOf(outcome) >= failure_.weight) {
    failure_ = {WeightOf(outcome), outcome,
                std::string("cannot connect to ") + (tried.behind_proxy ? "the proxy at " : "") +
                    tried.to.address().to_string() + ": " + ec.message(),
                std::move(peer), short_of};
  }
  if (!short_of) Blame(hop);
  // Another address has ports of its own; descriptors and memory are short for all of them.
  if (short_of && *short_of != model::Resource::kPorts) next_hop_ = hops_.size();
  if (has_next()) return ConnectNext();
  if (connecting_.empty()) return FinishFailed();
  GivePlaces();
  context_.wheel.Set(*this, must_end_);
}

void Dialer::FinishFailed() {
  if (failure_.short_of) return FinishShort(*failure_.short_of, std::move(failure_.error));
  Finish(failure_.outcome, std::move(failure_.error));
}

void Dialer::OnConnectDeadline() {
  if (context_.clock.Mono() < must_end_ && has_next()) return ConnectNext();
  if (failure_.short_of) return FinishFailed();
  for (const Try& one : connecting_) Blame(one.hop);
  FinishLate(Outcome::kConnectTimeout, "no connection within the connect time-out");
}

bool Dialer::TakePlace() {
  if (connecting_.size() >= kMaxConnecting) return false;
  base::DescriptorBudget* const budget = context_.options.descriptors;
  if (budget == nullptr || extra_places_ >= connecting_.size()) return true;
  if (!budget->TryTake()) return false;
  ++extra_places_;
  return true;
}

void Dialer::GivePlaces() {
  const size_t needed = connecting_.empty() ? 0 : connecting_.size() - 1;
  for (; extra_places_ > needed; --extra_places_) context_.options.descriptors->Give();
}

void Dialer::Win(std::shared_ptr<Stream> stream, size_t hop) {
  for (const Try& other : connecting_) {
    if (other.hop < hop) Blame(other.hop);  // it began sooner, and was slower
  }
  CloseTries();
  stream_ = std::move(stream);
  hop_ = hop;
  if (!hops_[hop].behind_proxy) return Handshake();
  context_.proxy_history.Worked(hops_[hop].to.address());
  AskProxy(*hops_[hop].behind_proxy);
}

void Dialer::CloseTries() {
  for (const Try& one : connecting_) one.stream->Close();
  connecting_.clear();
  GivePlaces();
}

void Dialer::CloseOldest() {
  Blame(connecting_.front().hop);
  connecting_.front().stream->Close();
  connecting_.erase(connecting_.begin());
}

void Dialer::AskProxy(const TcpEndpoint& to) {
  Enter(Stage::kTunnelling);
  const auto now = context_.clock.Mono();
  const auto left = static_cast<int64_t>(hops_.size() - next_hop_);
  context_.wheel.Set(*this, now + (must_end_ - now) / (left + 1));
  // Weak: the tunnel must not own who owns it.
  auto done = [weak = weak_from_this()](Tunnel::Result result) {
    if (const auto self = weak.lock()) self->OnTunnel(std::move(result));
  };
  tunnel_ = std::make_shared<Tunnel>(stream_, context_.options.max_head_bytes, std::move(done));
  tunnel_->Ask(ConnectHead(*egress_->proxy, to));
}

void Dialer::OnTunnel(Tunnel::Result result) {
  if (stage_ != Stage::kTunnelling) return;
  if (result.outcome == Outcome::kSuccess) return Handshake();
  if (!result.other_may_do) return Finish(result.outcome, std::move(result.error));
  history_->Failed(DestinationOf(hop_).address(), context_.clock.Mono());
  if (!has_next()) return Finish(result.outcome, std::move(result.error));
  stream_->Close();
  stream_.reset();
  ConnectNext();
}

void Dialer::OnTunnelSilent() {
  history_->Failed(DestinationOf(hop_).address(), context_.clock.Mono());
  if (!has_next()) {
    return FinishLate(Outcome::kConnectTimeout,
                      "the proxy did not answer CONNECT within the connect time-out");
  }
  tunnel_->Cancel();
  stream_->Close();
  stream_.reset();
  ConnectNext();
}

void Dialer::Handshake() {
  if (!options_->url.tls) return Finish(Outcome::kSuccess, "");
  Enter(Stage::kHandshaking);
  if (options_->tls_context == nullptr) {
    return Finish(Outcome::kTls, "TLS handshake: no context can be made of the settings");
  }
  context_.wheel.Set(*this, must_end_);
  stream_->Handshake(
      context_.sessions->PeerAt(options_->tls_context, options_->url.host, options_->url.port),
      [self = shared_from_this()](ErrorCode ec) { self->OnHandshake(ec); });
}

void Dialer::OnHandshake(ErrorCode ec) {
  if (stage_ != Stage::kHandshaking) return;
  if (!ec) {
    TellHandshake(stream_->resumed() ? HandshakeResult::kResumed : HandshakeResult::kOk);
    return Finish(Outcome::kSuccess, "");
  }
  if (const auto short_of = ShortageOf(ec, hops_[hop_].to)) {
    return FinishShort(*short_of, "TLS handshake: " + ec.message());
  }
  TellHandshake(HandshakeResult::kFailed);
  history_->Failed(DestinationOf(hop_).address(), context_.clock.Mono());
  Finish(Outcome::kTls, "TLS handshake: " + stream_->Explain(ec),
         CertificateShown(stream_->Certificate()));
}

void Dialer::OnHandshakeSilent() {
  TellHandshake(HandshakeResult::kTimeout);
  history_->Failed(DestinationOf(hop_).address(), context_.clock.Mono());
  FinishLate(Outcome::kConnectTimeout, "no TLS handshake within the connect time-out");
}

void Dialer::OnDeadline() {
  switch (stage_) {
    case Stage::kResolving:
    case Stage::kResolvingProxy:
      return FinishLate(Outcome::kDns, CannotResolve("no answer within the connect time-out"),
                        LookupFailed(HostAsked(), "TIMEOUT"));
    case Stage::kConnecting:
      return OnConnectDeadline();
    case Stage::kTunnelling:
      return OnTunnelSilent();
    case Stage::kHandshaking:
      return OnHandshakeSilent();
    case Stage::kOver:
      return;
  }
}

std::string Dialer::Peer() const {
  if (stream_) return stream_->peer();
  return connecting_.empty() ? failure_.peer : connecting_.front().stream->peer();
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

void Dialer::FinishLate(Outcome outcome, std::string error, const FactsPtr& also) {
  Finish(outcome, std::move(error),
         BoundReached(model::Bound::kConnectTimeout, options_->connect_timeout.count(), also));
}

void Dialer::Finish(Outcome outcome, std::string error, FactsPtr facts) {
  Dialed dialed{.outcome = outcome,
                .error = std::move(error),
                .phase = phase(),
                .short_of = short_of_,
                .times = times(),
                .facts = std::move(facts)};
  if (std::string peer = Peer(); !peer.empty()) {
    dialed.peer = std::make_shared<const std::string>(std::move(peer));
  }
  Enter(Stage::kOver);
  ClearDeadline();
  CloseTries();
  if (tunnel_) tunnel_->Cancel();
  const auto self = shared_from_this();  // `done` lets go of it
  if (outcome == Outcome::kSuccess) {
    dialed.stream = std::move(stream_);
    dialed.address = DestinationOf(hop_).address();
  } else if (stream_) {
    stream_->Close();
  }
  const Done done = std::move(done_);
  done(std::move(dialed));
}

}  // namespace carillon::http
