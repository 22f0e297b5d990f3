// What a connection may hold and how long, and its end.

#include <algorithm>
#include <utility>

#include "session.h"

namespace carillon::web {
namespace {

// As much as a socket's buffers hold and a body may have: a client that sends all before it reads
// would see a reset connection instead of why it is refused.
constexpr size_t kMaxDrainedBytes = 16u << 20;
constexpr std::chrono::milliseconds kDrainTime{5'000};

}  // namespace

std::shared_ptr<Session> Shared::Victim(const Session* except, bool holding) const {
  const auto may = [&](const std::shared_ptr<Session>& session) {
    return session.get() != except && (!holding || session->held_bytes() > 0);
  };
  auto found = std::ranges::find_if(sessions, [&](const std::shared_ptr<Session>& session) {
    return may(session) && !session->answering();
  });
  if (found == sessions.end()) found = std::ranges::find_if(sessions, may);
  return found == sessions.end() ? nullptr : *found;
}

// --- The end of a connection.

/// The answer must arrive although the client may still be sending: says that no more comes, and
/// reads what it sends, up to a bound, until it closes.
void Session::ShutDown() {
  state_ = State::kDraining;
  SetDeadline(kDrainTime);
  DoShutdown(&Session::OnShutdown);
}

void Session::OnShutdown(ErrorCode) {
  if (state_ != State::kDraining) return;
  ErrorCode ignored;
  socket().shutdown(Tcp::socket::shutdown_send, ignored);
  Drain();
}

void Session::Drain() {
  if (watching_) return;  // that read goes on with it
  socket().async_read_some(
      boost::asio::buffer(scrap_),
      [self = shared_from_this()](ErrorCode ec, size_t bytes) { self->OnDrained(ec, bytes); });
}

void Session::OnDrained(ErrorCode ec, size_t bytes) {
  if (state_ != State::kDraining) return;
  drained_ += bytes;
  if (ec || bytes == 0 || drained_ >= kMaxDrainedBytes) return Close();
  Drain();
}

// --- Bounds.

void Session::Touch() {
  shared_->sessions.splice(shared_->sessions.end(), shared_->sessions, place_);
}

void Session::Hold(size_t bytes) {
  held_bytes_ += bytes;
  shared_->held_bytes += bytes;
  while (shared_->held_bytes > shared_->options.max_held_bytes) {
    const std::shared_ptr<Session> victim = shared_->Victim(this, true);
    if (victim == nullptr) return;
    victim->Close();
  }
}

void Session::ReleaseHeld() { shared_->held_bytes -= std::exchange(held_bytes_, 0); }

void Session::SetDeadline(std::chrono::milliseconds after) {
  deadline_ = std::chrono::steady_clock::now() + after;
  timer_.expires_at(deadline_);
  timer_.async_wait([weak = weak_from_this()](ErrorCode ec) {
    if (ec) return;
    if (const auto self = weak.lock()) self->OnDeadline();
  });
}

void Session::NoDeadline() {
  deadline_ = deadline_.max();
  timer_.cancel();
}

void Session::OnDeadline() {
  // The deadline may have been moved when this call was under way.
  if (deadline_ > std::chrono::steady_clock::now()) return;
  if (state_ != State::kAnswering) return Close();
  EndTurn();
  ReleaseHeld();
  const auto self = shared_from_this();
  auto gone = std::exchange(gone_, nullptr);
  Send(route_->timeout_response, keep_alive_);
  if (gone) gone();
}

}  // namespace carillon::web
