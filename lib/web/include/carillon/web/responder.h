#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "carillon/web/message.h"

namespace carillon::web {

class Exchange;  // src/exchange.h

/// The way back of one request: a session of the server, which may be gone. Copies stand for the
/// same request.
struct ExchangeRef {
  std::shared_ptr<class Loop> loop;
  std::weak_ptr<Exchange> exchange;
  uint64_t turn = 0;  ///< which of the session's requests
};

/// The body of an answer that comes in pieces. Thread-safe, as far as its calls don't overlap;
/// outlives the server if need be. Destroying it without `Finish` breaks the connection off, so
/// that the client does not take a part for the whole.
class ResponseStream {
 public:
  using Written = absl::AnyInvocable<void(bool ok)>;

  ResponseStream() = default;  ///< sends nothing
  explicit ResponseStream(ExchangeRef to) : to_(std::move(to)) {}
  ResponseStream(ResponseStream&& other) noexcept { *this = std::move(other); }
  ResponseStream& operator=(ResponseStream&& other) noexcept;
  ~ResponseStream() { Abort(); }

  /// Sends `bytes` (not empty). `written` is called exactly once, on the server's thread, when they
  /// have been handed to the kernel, or with false when the client is gone, reads too slowly or
  /// wants no body (HEAD); also on this thread, inside this call, when the server has stopped.
  /// Where the event loop ends without running what it has, it is destroyed instead. The next
  /// `Write` may follow only then: this is the backpressure.
  void Write(std::string bytes, Written written);
  /// Ends the body, after what was written. Later calls do nothing.
  void Finish();
  /// Breaks the connection off.
  void Abort();

 private:
  ExchangeRef to_;
};

/// Answers one request, once, at once or later, on any thread. A responder that is destroyed unused
/// answers 500, so that no client waits in vain. It may outlive the server; then it does nothing.
class Responder {
 public:
  explicit Responder(ExchangeRef to) : to_(std::move(to)) {}
  Responder(Responder&& other) noexcept { *this = std::move(other); }
  Responder& operator=(Responder&& other) noexcept;
  ~Responder();

  /// Calls `gone` once, on the server's thread, if the client leaves, the time for the answer ends
  /// or the server stops before the answer is complete. Where that has happened already, it is
  /// called right away. Call it before `Reply` or `Stream`.
  void WhenGone(absl::AnyInvocable<void()> gone);

  /// Sends a whole answer. Later calls do nothing.
  void Reply(Response response);
  /// Sends the head of `response` (its body is ignored); the body follows, in chunks. Counts as the
  /// answer.
  ResponseStream Stream(Response response);

 private:
  ExchangeRef to_;
};

}  // namespace carillon::web
