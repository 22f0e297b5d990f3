#include "connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <chrono>
#include <utility>

#include "endpoint.h"

namespace carillon::http {
namespace {

using model::Outcome;

constexpr size_t kBufferBytes = 2048;
constexpr uint16_t kRequestTimeout = 408;

/// A connection that broke, or a TLS record or alert that says why.
Outcome BrokenOutcome(ErrorCode ec) {
  return ec.category() == boost::asio::error::get_ssl_category() ? Outcome::kTls : Outcome::kReset;
}

}  // namespace

void Attempt::OnDeadline() {
  if (connection != nullptr) return connection->OnAttemptDeadline();
  endpoint->OnWaitedTooLong(*this);
}

Connection::Connection(CourierContext& context, Endpoint& endpoint, uint32_t route)
    : context_(context),
      endpoint_(endpoint),
      route_(route),
      retires_(context.clock.Mono() + context.options.max_connection_age),
      reader_(context.options.max_head_bytes, context.options.max_body_bytes) {}

void Connection::Dial(AttemptPtr attempt) {
  attempt_ = std::move(attempt);
  attempt_->connection = this;
  dialer_ = std::make_shared<Dialer>(context_, attempt_->options, endpoint_.history(),
                                     [this](Dialed dialed) { OnDialed(std::move(dialed)); });
  dialer_->Start();
}

void Connection::OnDialed(Dialed dialed) {
  dialer_.reset();
  if (dialed.outcome == Outcome::kLocalShortage) NoteShortage(dialed);
  phase_ = dialed.phase;
  dialed_ = dialed.times;
  peer_ = std::move(dialed.peer);
  if (dialed.outcome != Outcome::kSuccess) {
    return Finish(dialed.outcome, std::move(dialed.error), false, std::move(dialed.facts));
  }
  stream_ = std::move(dialed.stream);
  address_ = dialed.address;
  buffer_.resize(kBufferBytes);
  Listen();
  Send(context_.clock.Mono());
}

void Connection::NoteShortage(const Dialed& dialed) {
  context_.TellShortage({.resource = dialed.short_of,
                         .effect = model::ShortageEffect::kPostponed,
                         .label = attempt_->options->label,
                         .error = dialed.error});
  // The budget allowed for more than there is: the next is to find one.
  if (dialed.short_of == model::Resource::kDescriptors) context_.places.CloseLeastNeeded();
}

void Connection::Carry(AttemptPtr attempt, base::MonoTime now) {
  ClearDeadline();
  idle.Use(now);
  attempt_ = std::move(attempt);
  attempt_->connection = this;
  reused_ = true;
  dialed_ = {};
  reader_.Reset();
  Send(now);
}

void Connection::Send(base::MonoTime now) {
  answered_ = false;
  sent_ = now;
  first_byte_ = {};
  reader_.KeepHead(attempt_->request->keep_head_bytes);
  reader_.KeepBody(attempt_->request->keep_body_bytes);
  // An error shows in the pending read, too, which is where it is judged.
  writing_ = stream_->Write(attempt_->request, shared_from_this());
}

void Connection::Listen() { stream_->Read(boost::asio::buffer(buffer_), shared_from_this()); }

AttemptPtr Connection::Close() {
  closed_ = true;
  ClearDeadline();
  idle.Leave();
  if (dialer_) dialer_->Cancel();
  dialer_.reset();
  if (stream_) stream_->Close();
  return std::move(attempt_);
}

void Connection::OnWritten(ErrorCode) { writing_ = false; }

void Connection::GiveWay() { endpoint_.Forget(*this); }

void Connection::OnDeadline() { endpoint_.Drop(*this); }

void Connection::OnRead(ErrorCode ec, size_t bytes) {
  if (closed_) return;
  // Idle: it was closed, or bytes came that nobody asked for.
  if (!attempt_) return endpoint_.Drop(*this);
  if (bytes > 0) return OnBytes(bytes);
  OnClosed(ec);
}

void Connection::OnBytes(size_t bytes) {
  const bool first = !std::exchange(answered_, true);
  size_t used = 0;
  const ResponseReader::State state = reader_.Feed({buffer_.data(), bytes}, used);
  if (state == ResponseReader::State::kMore) {
    if (first) first_byte_ = context_.clock.Mono();
    return Listen();
  }
  const bool whole = state == ResponseReader::State::kDone;
  const bool keep = whole && reader_.keep_alive() && used == bytes && !writing_;
  if (!keep && IsLateTimeout()) return endpoint_.Resend(*this);
  FactsPtr facts;
  if (reader_.head_too_long()) {
    facts = BoundReached(model::Bound::kResponseHeadBytes,
                         static_cast<int64_t>(context_.options.max_head_bytes));
  }
  Finish(Outcome::kProtocol, reader_.error(), keep, std::move(facts));
}

void Connection::OnClosed(ErrorCode ec) {
  const bool unanswered = reused_ && !answered_ && !attempt_->resent;
  if (unanswered || IsLateTimeout()) return endpoint_.Resend(*this);
  const Outcome outcome = BrokenOutcome(ec);
  FactsPtr facts;
  if (outcome == Outcome::kTls) facts = CertificateShown(stream_->Certificate());
  Finish(outcome, "before a whole response head: " + stream_->Explain(ec), false, std::move(facts));
}

void Connection::OnAttemptDeadline() {
  FactsPtr facts =
      BoundReached(model::Bound::kTotalTimeout, attempt_->options->total_timeout.count());
  if (dialer_) {
    dialer_->NoteTimeout();
    return Finish(Outcome::kConnectTimeout, "no connection within the total time-out", false,
                  std::move(facts));
  }
  Finish(Outcome::kResponseTimeout, "no whole response head within the total time-out", false,
         std::move(facts));
}

bool Connection::IsLateTimeout() const {
  return reused_ && !attempt_->resent && reader_.status() == kRequestTimeout;
}

Phase Connection::PhaseNow() const {
  if (dialer_) return dialer_->phase();
  if (!stream_) return phase_;
  if (reader_.status() != 0) return Phase::kBody;
  if (answered_) return Phase::kHead;
  return writing_ ? Phase::kSend : Phase::kWait;
}

PhaseTimes Connection::TimesAt(base::MonoTime end) const {
  if (dialer_) return dialer_->times();
  PhaseTimes times = dialed_;
  if (!stream_) return times;
  const base::MonoTime first = answered_ && first_byte_ != base::MonoTime{} ? first_byte_ : end;
  times.first_byte = first - sent_;
  if (answered_) times.body = end - first;
  return times;
}

void Connection::Count(ConnectionCounts& counts) const {
  if (dialer_) {
    counts.connecting += dialer_->sockets();
  } else {
    ++(busy() ? counts.busy : counts.idle);
  }
}

void Connection::Remember(Outcome outcome) {
  // The dialer has told; or it is no fault of the address.
  if (!stream_ || outcome == Outcome::kLocalShortage) return;
  if (outcome != Outcome::kSuccess) {
    endpoint_.history()->Failed(address_, context_.clock.Mono());
  } else if (!std::exchange(proven_, true)) {
    endpoint_.history()->Worked(address_);
  }
}

Response Connection::End(Outcome outcome, std::string error) {
  Response response;
  response.phase = PhaseNow();
  response.peer = peer_;
  response.status = reader_.status();
  if (response.status != 0) {
    response.retry_after = std::move(reader_.retry_after());
    response.head = std::move(reader_.kept_head());
    response.body = std::move(reader_.body());
  } else {
    response.wire = outcome;
    response.error = std::move(error);
  }
  response.started = attempt_->started;
  response.ended = context_.clock.Mono();
  response.times = TimesAt(response.ended);
  return response;
}

void Connection::Finish(Outcome outcome, std::string error, bool keep, FactsPtr facts) {
  Response response = End(outcome, std::move(error));
  response.facts = std::move(facts);
  Remember(response.wire);
  const uint64_t token = attempt_->request->token;
  CourierContext& context = context_;
  const auto self = shared_from_this();
  attempt_.reset();
  if (keep) {
    Listen();
    endpoint_.OnIdle(*this, response.ended);
  } else {
    endpoint_.Drop(*this);
  }
  context.Report(token, response);
  reader_.Reuse(std::move(response.head));
}

}  // namespace carillon::http
