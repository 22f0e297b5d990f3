#include "dialer.h"

#include <boost/asio/error.hpp>

#include "carillon/base/text.h"

namespace carillon::http {
namespace {

namespace error = boost::asio::error;
using model::Outcome;

constexpr size_t kMaxAddresses = 8;  // tried of one name

Outcome ConnectOutcome(ErrorCode ec) {
  if (ec == error::connection_refused) return Outcome::kConnectRefused;
  if (ec == error::timed_out) return Outcome::kConnectTimeout;
  if (ec == error::connection_reset || ec == error::connection_aborted) return Outcome::kReset;
  return Outcome::kUnreachable;
}

}  // namespace

Dialer::Dialer(CourierContext& context, std::shared_ptr<const EndpointOptions> options,
               EndpointId endpoint, Done done)
    : context_(context),
      options_(std::move(options)),
      endpoint_(endpoint),
      done_(std::move(done)) {}

void Dialer::Start() {
  must_end_ = std::chrono::steady_clock::now() + options_->connect_timeout;
  context_.wheel.Set(*this, must_end_);
  context_.mailbox->Ask(context_.resolver, options_->url.host, weak_from_this());
}

void Dialer::Cancel() {
  stage_ = Stage::kOver;
  ClearDeadline();
  done_ = nullptr;
  if (stream_) stream_->Close();
}

void Dialer::OnResolved(absl::StatusOr<Addresses> answer) {
  if (stage_ != Stage::kResolving) return;
  if (!answer.ok()) {
    const std::string why(base::ToStd(answer.status().message()));
    return Finish(Outcome::kDns, "cannot resolve " + options_->url.host + ": " + why);
  }
  addresses_ = *std::move(answer);
  if (addresses_.size() > kMaxAddresses) addresses_.resize(kMaxAddresses);
  stage_ = Stage::kConnecting;
  TryNextAddress();
}

void Dialer::TryNextAddress() {
  const auto now = std::chrono::steady_clock::now();
  const auto left = static_cast<int64_t>(addresses_.size() - next_address_);
  context_.wheel.Set(*this, now + (must_end_ - now) / left);
  if (stream_) stream_->Close();
  stream_ = std::make_unique<Stream>(context_.io.get_executor());
  const size_t address = next_address_++;
  stream_->Connect(
      {addresses_[address], options_->url.port},
      [self = shared_from_this(), address](ErrorCode ec) { self->OnConnected(ec, address); });
}

void Dialer::OnConnected(ErrorCode ec, size_t address) {
  if (stage_ != Stage::kConnecting || address + 1 != next_address_) return;
  if (!ec) return Handshake();
  if (next_address_ < addresses_.size()) return TryNextAddress();
  Finish(ConnectOutcome(ec),
         "cannot connect to " + addresses_[address].to_string() + ": " + ec.message());
}

void Dialer::Handshake() {
  if (!options_->url.tls) return Finish(Outcome::kSuccess, "");
  stage_ = Stage::kHandshaking;
  context_.wheel.Set(*this, must_end_);
  stream_->Handshake(options_->tls_context.get(), options_->url.host, context_.sessions, endpoint_,
                     [self = shared_from_this()](ErrorCode ec) { self->OnHandshake(ec); });
}

void Dialer::OnHandshake(ErrorCode ec) {
  if (stage_ != Stage::kHandshaking) return;
  if (!ec) return Finish(Outcome::kSuccess, "");
  context_.sessions.Erase(endpoint_);
  Finish(Outcome::kTls, "TLS handshake: " + stream_->Explain(ec));
}

void Dialer::OnDeadline() {
  switch (stage_) {
    case Stage::kResolving:
      return Finish(Outcome::kDns, "cannot resolve " + options_->url.host +
                                       ": no answer within the connect time-out");
    case Stage::kConnecting:
      if (next_address_ < addresses_.size()) return TryNextAddress();
      return Finish(Outcome::kConnectTimeout, "no connection within the connect time-out");
    case Stage::kHandshaking:
      return Finish(Outcome::kConnectTimeout, "no TLS handshake within the connect time-out");
    case Stage::kOver:
      return;
  }
}

void Dialer::Finish(Outcome outcome, std::string error) {
  stage_ = Stage::kOver;
  ClearDeadline();
  const auto self = shared_from_this();  // `done` lets go of it
  Dialed dialed{outcome, std::move(error), nullptr};
  if (outcome == Outcome::kSuccess) {
    dialed.stream = std::move(stream_);
  } else if (stream_) {
    stream_->Close();
  }
  const Done done = std::move(done_);
  done(std::move(dialed));
}

}  // namespace carillon::http
