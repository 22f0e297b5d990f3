#pragma once

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "carillon/web/server.h"
#include "exchange.h"

namespace carillon::web {

using Tcp = boost::asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<Tcp, Executor>;
using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

class Session;
using Sessions = std::list<std::shared_ptr<Session>>;

/// What the sessions of a server share; outlives the server for as long as one of them unwinds.
struct Shared {
  Routes routes;
  ServerOptions options;
  std::shared_ptr<Loop> loop;
  Sessions sessions;      // the one on which nothing has happened for longest first
  size_t held_bytes = 0;  // of all sessions

  /// The session that gives way when something is short, but for `except`; null when there is none.
  /// With `holding`, only one that holds bytes.
  std::shared_ptr<Session> Victim(const Session* except, bool holding) const;
};

/// One connection: reads a request, hands it to its handler, writes the answer, and so on. It is in
/// one state at a time, and each state has at most one deadline. On the loop's thread.
///
/// How bytes move is the subclass's: plain or over TLS.
class Session : public Exchange, public std::enable_shared_from_this<Session> {
 public:
  Session(Executor executor, std::shared_ptr<Shared> shared)
      : timer_(executor), shared_(std::move(shared)) {}

  /// `place`: its own in the list.
  void Start(Sessions::iterator place);
  /// Closes the connection at once, and tells whoever still answers on it.
  void Close();

  size_t held_bytes() const { return held_bytes_; }
  /// Its request is being answered.
  bool answering() const { return state_ == State::kAnswering || state_ == State::kStreaming; }
  /// As above, or the answer is on its way.
  bool busy() const { return answering() || state_ == State::kWriting; }

  void Reply(uint64_t turn, Response response) override;
  void WhenGone(uint64_t turn, absl::AnyInvocable<void()> gone) override;
  void BeginStream(uint64_t turn, Response head) override;
  void Write(uint64_t turn, std::string bytes, ResponseStream::Written written) override;
  void Finish(uint64_t turn) override;
  void Abort(uint64_t turn) override;

 protected:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Whole = boost::beast::http::response<boost::beast::http::span_body<const char>>;
  using Head = boost::beast::http::response<boost::beast::http::empty_body>;
  using HeadWriter = boost::beast::http::response_serializer<boost::beast::http::empty_body>;
  using Done = void (Session::*)(ErrorCode);
  using DoneBytes = void (Session::*)(ErrorCode, size_t);

  // Each begins one operation, at whose end the member is called; a session lives until then.
  virtual void DoHandshake(Done done) = 0;
  virtual void DoReadHead(Parser& parser, boost::beast::flat_buffer& buffer, Done done) = 0;
  virtual void DoReadBody(Parser& parser, boost::beast::flat_buffer& buffer, Done done) = 0;
  virtual void DoReadSome(boost::asio::mutable_buffer into, DoneBytes done) = 0;
  virtual void DoWrite(Whole& message, Done done) = 0;
  virtual void DoWriteHead(HeadWriter& head, Done done) = 0;
  virtual void DoWriteChunk(boost::asio::const_buffer bytes, bool chunked, Done done) = 0;
  virtual void DoWriteLastChunk(Done done) = 0;
  virtual void DoWriteRaw(boost::asio::const_buffer bytes, Done done) = 0;
  /// Tells the client that nothing more comes.
  virtual void DoShutdown(Done done) = 0;
  virtual Socket& socket() = 0;
  virtual bool encrypted() const = 0;
  virtual base::PeerCertificatePtr certificate() { return nullptr; }

 private:
  enum class State {
    kHandshake,
    kReading,    // a request
    kAnswering,  // its handler has it
    kWriting,    // a whole answer
    kStreaming,  // an answer in pieces
    kIdle,       // between two requests
    kDraining,   // nothing more is sent; what still comes is thrown away
    kClosed,
  };

  void OnHandshake(ErrorCode ec);
  void ReadHead();
  void OnHead(ErrorCode ec);
  void OnContinued(ErrorCode ec);
  void OnBody(ErrorCode ec);
  void Dispatch();
  Request TakeRequest();
  /// Answers what can't be served and closes, unless the whole request was read.
  void Refuse(Response response);
  void RefuseUnreadable(ErrorCode ec);
  void Send(Response response, bool keep_alive);
  void OnSent(ErrorCode ec);
  void Next();

  /// Notices that the client leaves while its request is answered, or sends its next one.
  void Watch();
  void OnWatched(ErrorCode ec, size_t bytes);

  void OnStreamWritten(ErrorCode ec);
  void GoOnStreaming();
  void EndStreamTurn();
  void OnStreamEnded(ErrorCode ec);

  void EndTurn();
  void ShutDown();
  void OnShutdown(ErrorCode ec);
  void Drain();
  void OnDrained(ErrorCode ec, size_t bytes);

  /// Something has happened: others give way before it does.
  void Touch();
  void Hold(size_t bytes);
  void ReleaseHeld();
  /// At its end the session is closed, or answers for the handler that has its request.
  void SetDeadline(std::chrono::milliseconds after);
  void NoDeadline();
  void OnDeadline();
  void SetFields(boost::beast::http::fields& fields, const Response& response) const;

  Timer timer_;
  std::chrono::steady_clock::time_point deadline_{};
  const std::shared_ptr<Shared> shared_;
  Sessions::iterator place_{};
  State state_ = State::kHandshake;
  std::string peer_;

  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  const Route* route_ = nullptr;  // of the request that is read or answered
  bool keep_alive_ = false;       // after the answer
  bool head_only_ = false;        // the answer has no body
  bool http_1_0_ = false;

  uint64_t turn_ = 0;  // of the request whose handler may answer
  absl::AnyInvocable<void()> gone_;
  bool watching_ = false;

  Response response_;  // whose bytes are being sent
  std::optional<Whole> whole_;
  std::optional<Head> head_;
  std::optional<HeadWriter> head_writer_;

  // Of an answer in pieces.
  bool writing_ = false;    // its head or a piece is on the way
  bool finishing_ = false;  // nothing more follows
  std::string piece_;
  ResponseStream::Written written_;

  size_t held_bytes_ = 0;
  size_t drained_ = 0;
  std::array<char, 1024> scrap_;
};

std::shared_ptr<Session> MakePlainSession(Socket socket, std::shared_ptr<Shared> shared);
/// With the TLS of the options.
std::shared_ptr<Session> MakeTlsSession(Socket socket, std::shared_ptr<Shared> shared);

}  // namespace carillon::web
