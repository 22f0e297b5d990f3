// An answer, whole or in pieces.

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "session.h"

namespace carillon::web {
namespace {

namespace beast = boost::beast;
using beast::http::field;

constexpr size_t kMaxFieldBytes = 32u << 10;  // Beast throws at 64 KiB

std::string WithoutControls(std::string_view value) {
  std::string clean(value);
  for (char& c : clean) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) c = ' ';
  }
  return clean;
}

/// Whether a handler may set that header of its answer.
bool MaySet(std::string_view name, std::string_view value) {
  static constexpr std::string_view kFraming[] = {"Connection", "Content-Length",
                                                  "Transfer-Encoding"};
  const bool token = !name.empty() && std::ranges::all_of(name, [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
  return token && name.size() + value.size() <= kMaxFieldBytes &&
         std::ranges::none_of(
             kFraming, [name](std::string_view other) { return beast::iequals(other, name); });
}

bool HasNoBody(int status) { return status == 204 || status == 304; }

}  // namespace

// --- A whole answer.

void Session::Reply(uint64_t turn, Response response) {
  if (turn != turn_ || state_ != State::kAnswering) return;
  EndTurn();
  ReleaseHeld();  // the request's
  Send(std::move(response), keep_alive_);
}

void Session::WhenGone(uint64_t turn, absl::AnyInvocable<void()> gone) {
  if (turn != turn_ || !answering()) return gone();
  gone_ = std::move(gone);
}

/// After it no call of the request's responder does anything.
void Session::EndTurn() { ++turn_; }

void Session::SetFields(beast::http::fields& fields, const Response& response) const {
  if (!response.content_type.empty() && MaySet("Content-Type", response.content_type)) {
    fields.set(field::content_type, WithoutControls(response.content_type));
  }
  fields.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers.fields()) {
    if (MaySet(name, value)) fields.insert(name, WithoutControls(value));
  }
}

void Session::Send(Response response, bool keep_alive) {
  gone_ = nullptr;
  state_ = State::kWriting;
  keep_alive_ = keep_alive;
  response_ = std::move(response);
  const std::string_view bytes = response_.bytes();
  const bool bodiless = HasNoBody(response_.status);
  whole_.emplace(static_cast<beast::http::status>(response_.status), 11);
  SetFields(*whole_, response_);
  whole_->keep_alive(keep_alive);
  if (!bodiless) whole_->content_length(bytes.size());
  if (!bodiless && !head_only_) whole_->body() = {bytes.data(), bytes.size()};
  if (response_.shared_body == nullptr) Hold(whole_->body().size());
  SetDeadline(shared_->options.write_timeout);
  DoWrite(*whole_, &Session::OnSent);
}

void Session::OnSent(ErrorCode ec) {
  if (state_ != State::kWriting) return;
  if (ec) return Close();
  Next();
}

/// The answer is complete: the next request, or the end.
void Session::Next() {
  ReleaseHeld();
  whole_.reset();
  head_writer_.reset();
  head_.reset();
  response_ = {};
  Touch();
  if (!keep_alive_) return ShutDown();
  if (buffer_.size() > 0) return ReadHead();
  state_ = State::kIdle;
  SetDeadline(shared_->options.idle);
  Watch();
}

// --- An answer in pieces.

void Session::BeginStream(uint64_t turn, Response head) {
  if (turn != turn_ || state_ != State::kAnswering) return;
  ReleaseHeld();  // the request's
  state_ = State::kStreaming;
  writing_ = true;
  finishing_ = false;
  response_ = std::move(head);
  if (http_1_0_) keep_alive_ = false;  // the end of the connection is the end of the body
  head_.emplace(static_cast<beast::http::status>(response_.status), 11);
  SetFields(*head_, response_);
  head_->chunked(!http_1_0_ && !HasNoBody(response_.status));
  head_->keep_alive(keep_alive_);
  head_writer_.emplace(*head_);
  SetDeadline(shared_->options.write_timeout);
  const bool bodiless = head_only_ || HasNoBody(response_.status);
  if (bodiless) EndStreamTurn();  // nothing follows: the head is the answer
  DoWriteHead(*head_writer_, bodiless ? &Session::OnStreamEnded : &Session::OnStreamWritten);
}

void Session::Write(uint64_t turn, std::string bytes, ResponseStream::Written written) {
  if (turn != turn_ || state_ != State::kStreaming) return written(false);
  piece_ = std::move(bytes);
  written_ = std::move(written);
  Hold(piece_.size());
  if (state_ == State::kStreaming && !writing_) GoOnStreaming();
}

void Session::Finish(uint64_t turn) {
  if (turn != turn_ || state_ != State::kStreaming) return;
  finishing_ = true;
  if (!writing_) GoOnStreaming();
}

void Session::Abort(uint64_t turn) {
  if (turn == turn_ && state_ == State::kStreaming) Close();
}

void Session::OnStreamWritten(ErrorCode ec) {
  if (state_ != State::kStreaming) return;
  if (ec) return Close();
  writing_ = false;
  NoDeadline();
  Touch();
  GoOnStreaming();
}

/// What is on the way is written: what comes next.
void Session::GoOnStreaming() {
  if (!piece_.empty()) {
    writing_ = true;
    response_.body = std::exchange(piece_, {});
    SetDeadline(shared_->options.write_timeout);
    return DoWriteChunk(boost::asio::buffer(response_.body), !http_1_0_, &Session::OnStreamWritten);
  }
  ReleaseHeld();
  response_.body.clear();
  if (auto written = std::exchange(written_, nullptr)) {
    const auto self = shared_from_this();
    const uint64_t turn = turn_;
    written(true);  // which may write the next piece, finish, or break off
    if (turn != turn_ || writing_) return;
  }
  if (!finishing_) return;
  writing_ = true;
  EndStreamTurn();
  if (http_1_0_) return OnStreamEnded({});
  SetDeadline(shared_->options.write_timeout);
  DoWriteLastChunk(&Session::OnStreamEnded);
}

/// The handler has said all that it may.
void Session::EndStreamTurn() {
  gone_ = nullptr;
  EndTurn();
}

void Session::OnStreamEnded(ErrorCode ec) {
  if (state_ != State::kStreaming) return;
  writing_ = false;
  finishing_ = false;
  if (ec) return Close();
  Next();
}

}  // namespace carillon::web
