// A request, until its handler has it.

#include "session.h"

#include <boost/beast/core/string.hpp>
#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"

namespace carillon::web {
namespace {

namespace beast = boost::beast;
using beast::http::field;

constexpr size_t kFirstBytes = 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string_view View(beast::string_view view) { return {view.data(), view.size()}; }
std::string Text(beast::string_view view) { return std::string(View(view)); }

}  // namespace

void Session::Start(Sessions::iterator place) {
  place_ = place;
  ErrorCode ec;
  const Tcp::endpoint peer = socket().remote_endpoint(ec);
  if (!ec) peer_ = peer.address().to_string();
  SetDeadline(shared_->options.head_timeout);
  DoHandshake(&Session::OnHandshake);
}

void Session::Close() {
  if (std::exchange(state_, State::kClosed) == State::kClosed) return;
  NoDeadline();
  EndTurn();
  ReleaseHeld();
  ErrorCode ignored;
  socket().close(ignored);
  const std::shared_ptr<Session> self = *place_;
  shared_->sessions.erase(place_);
  if (auto gone = std::exchange(gone_, nullptr)) gone();
  if (auto written = std::exchange(written_, nullptr)) written(false);
}

// --- Reading a request.

void Session::OnHandshake(ErrorCode ec) {
  if (state_ == State::kClosed) return;
  if (ec) return Close();
  ReadHead();
}

void Session::ReadHead() {
  state_ = State::kReading;
  route_ = nullptr;
  head_only_ = false;
  parser_.emplace();
  parser_->body_limit(boost::none);  // the route's, once it is known
  parser_->header_limit(static_cast<uint32_t>(shared_->options.max_head_bytes));
  SetDeadline(shared_->options.head_timeout);
  DoReadHead(*parser_, buffer_, &Session::OnHead);
}

void Session::OnHead(ErrorCode ec) {
  if (state_ != State::kReading) return;
  Touch();
  if (ec) return RefuseUnreadable(ec);
  const auto& message = parser_->get();
  keep_alive_ = message.keep_alive();
  http_1_0_ = message.version() < 11;
  head_only_ = message.method() == beast::http::verb::head;
  const std::string target = Text(message.target());
  route_ = shared_->routes.Find(std::string_view(target).substr(0, target.find('?')));
  if (route_ == nullptr) {
    return Refuse({.status = 404, .body = "no such page; / lists those there are\n"});
  }
  if (!Allows(*route_, Text(message.method_string()))) {
    const std::string allowed = AllowedMethods(*route_);
    Response response{.status = 405, .body = absl::StrCat("only ", allowed, "\n")};
    response.headers.Set("Allow", allowed);
    return Refuse(std::move(response));
  }
  parser_->body_limit(route_->max_body_bytes);
  if (parser_->content_length().value_or(0) > route_->max_body_bytes) {
    return RefuseUnreadable(make_error_code(beast::http::error::body_limit));
  }
  if (parser_->is_done()) return Dispatch();
  SetDeadline(route_->body_timeout);
  const bool waits = beast::iequals(message[field::expect], "100-continue");
  if (waits && !http_1_0_ && buffer_.size() == 0) {
    return DoWriteRaw(boost::asio::buffer(kContinue), &Session::OnContinued);
  }
  DoReadBody(*parser_, buffer_, &Session::OnBody);
}

void Session::OnContinued(ErrorCode ec) {
  if (state_ != State::kReading) return;
  if (ec) return Close();
  DoReadBody(*parser_, buffer_, &Session::OnBody);
}

void Session::OnBody(ErrorCode ec) {
  if (state_ != State::kReading) return;
  Touch();
  if (ec) return RefuseUnreadable(ec);
  const size_t size = parser_->get().body().size();
  if (size > held_bytes_) Hold(size - held_bytes_);
  if (parser_->is_done()) return Dispatch();
  DoReadBody(*parser_, buffer_, &Session::OnBody);
}

void Session::RefuseUnreadable(ErrorCode ec) {
  using beast::http::error;
  keep_alive_ = false;
  if (ec == error::body_limit) {
    const size_t limit = route_ != nullptr ? route_->max_body_bytes : 0;
    return Refuse(
        {.status = 413, .body = absl::StrCat("the request body is over ", limit, " bytes\n")});
  }
  if (ec == error::header_limit) {
    return Refuse({.status = 431,
                   .body = absl::StrCat("the request head is over ",
                                        shared_->options.max_head_bytes, " bytes\n")});
  }
  const bool closed = ec == error::end_of_stream || ec == error::partial_message;
  if (closed || ec.category() != make_error_code(error::bad_method).category()) return Close();
  Refuse({.status = 400, .body = absl::StrCat("not an HTTP/1.1 request: ", ec.message(), "\n")});
}

void Session::Refuse(Response response) {
  if (route_ != nullptr && route_->refusal) response = route_->refusal(std::move(response));
  Send(std::move(response), keep_alive_ && parser_->is_done());
}

Request Session::TakeRequest() {
  auto& message = parser_->get();
  Request request;
  request.method = Text(message.method_string());
  const std::string target = Text(message.target());
  const size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string::npos) request.query = target.substr(mark + 1);
  for (const auto& header : message) {
    request.headers.Add(View(header.name_string()), View(header.value()));
  }
  request.body = std::move(message.body());
  request.peer = peer_;
  request.encrypted = encrypted();
  request.certificate = certificate();
  return request;
}

void Session::Dispatch() {
  state_ = State::kAnswering;
  const uint64_t turn = ++turn_;
  SetDeadline(route_->answer_timeout);
  Responder responder({shared_->loop, weak_from_this(), turn});
  const auto self = shared_from_this();
  try {
    route_->handler(TakeRequest(), std::move(responder));
  } catch (const std::exception&) {
    // The responder is gone, and has answered 500 if nobody had.
  }
  if (turn_ == turn && answering()) Watch();
}

// --- A client that leaves, or is ahead.

void Session::Watch() {
  if (watching_ || buffer_.size() > 0) return;
  watching_ = true;
  DoReadSome(buffer_.prepare(kFirstBytes), &Session::OnWatched);
}

void Session::OnWatched(ErrorCode ec, size_t bytes) {
  watching_ = false;
  if (state_ == State::kClosed) return;
  if (state_ == State::kDraining) return OnDrained(ec, bytes);
  if (ec || bytes == 0) return Close();
  buffer_.commit(bytes);
  if (state_ == State::kIdle) ReadHead();
}

}  // namespace carillon::web
