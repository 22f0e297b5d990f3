#include "connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cstring>

#include "endpoint.h"

namespace carillon::http {
namespace {

using model::Outcome;

constexpr size_t kFirstBufferBytes = 2048;

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
      retires_(std::chrono::steady_clock::now() + context.options.max_connection_age),
      reader_(context.options.max_head_bytes, context.options.max_body_bytes) {}

void Connection::Dial(AttemptPtr attempt) {
  attempt_ = std::move(attempt);
  attempt_->connection = this;
  dialer_ = std::make_shared<Dialer>(context_, attempt_->options, endpoint_.id(),
                                     [this](Dialed dialed) { OnDialed(std::move(dialed)); });
  dialer_->Start();
}

void Connection::OnDialed(Dialed dialed) {
  dialer_.reset();
  if (dialed.outcome != Outcome::kSuccess) {
    return Finish(dialed.outcome, std::move(dialed.error), false);
  }
  stream_ = std::move(dialed.stream);
  buffer_.resize(std::min(kFirstBufferBytes, context_.options.max_head_bytes));
  Listen();
  Send();
}

void Connection::Carry(AttemptPtr attempt) {
  ClearDeadline();
  attempt_ = std::move(attempt);
  attempt_->connection = this;
  reused_ = true;
  reader_.Reset();
  Send();
}

void Connection::Send() {
  answered_ = false;
  if (attempt_->request->keep_body_bytes > 0) reader_.KeepBody(attempt_->request->keep_body_bytes);
  // An error shows in the pending read, too, which is where it is judged.
  writing_ = stream_->Write(attempt_->request, shared_from_this());
}

void Connection::Listen() {
  stream_->Read(boost::asio::buffer(buffer_.data() + filled_, buffer_.size() - filled_),
                shared_from_this());
}

AttemptPtr Connection::Close() {
  closed_ = true;
  ClearDeadline();
  if (dialer_) dialer_->Cancel();
  dialer_.reset();
  if (stream_) stream_->Close();
  return std::move(attempt_);
}

void Connection::OnWritten(ErrorCode) { writing_ = false; }

void Connection::OnDeadline() { endpoint_.Drop(*this); }

void Connection::OnRead(ErrorCode ec, size_t bytes) {
  if (closed_) return;
  // Idle: it was closed, or bytes came that nobody asked for.
  if (!attempt_) return endpoint_.Drop(*this);
  filled_ += bytes;
  if (bytes > 0) return OnBytes();
  OnClosed(ec);
}

void Connection::OnBytes() {
  answered_ = true;
  size_t used = 0;
  const ResponseReader::State state = reader_.Feed({buffer_.data(), filled_}, used);
  filled_ -= used;
  switch (state) {
    case ResponseReader::State::kMore:
      if (used > 0) std::memmove(buffer_.data(), buffer_.data() + used, filled_);
      // The reader refuses more than max_head_bytes left over, so this growing ends.
      if (filled_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
      return Listen();
    case ResponseReader::State::kDone:
      return Finish(Outcome::kSuccess, "", reader_.keep_alive() && filled_ == 0 && !writing_);
    case ResponseReader::State::kEnough:
      return Finish(Outcome::kSuccess, "", false);
    case ResponseReader::State::kBroken:
    case ResponseReader::State::kBad:
      return Finish(Outcome::kProtocol, reader_.error(), false);
  }
}

void Connection::OnClosed(ErrorCode ec) {
  if (reused_ && !answered_ && !attempt_->resent) return endpoint_.Resend(*this);
  const bool in_order = ec == boost::asio::error::eof;
  if (in_order && reader_.End() == ResponseReader::State::kDone) {
    return Finish(Outcome::kSuccess, "", false);
  }
  Finish(BrokenOutcome(ec),
         (reader_.status() == 0 ? "before a whole response head: " : "amid the response: ") +
             stream_->Explain(ec),
         false);
}

void Connection::OnAttemptDeadline() {
  if (dialer_) {
    return Finish(Outcome::kConnectTimeout, "no connection within the total time-out", false);
  }
  Finish(Outcome::kResponseTimeout, "no whole response within the total time-out", false);
}

void Connection::Finish(Outcome outcome, std::string error, bool keep) {
  Response response;
  response.wire = outcome;
  response.error = std::move(error);
  response.status = reader_.status();
  if (response.status >= 200) {
    response.retry_after = std::move(reader_.retry_after());
    response.body = std::move(reader_.body());
  } else {
    response.status = 0;
  }
  response.started = attempt_->started;
  response.ended = std::chrono::steady_clock::now();
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
}

}  // namespace carillon::http
