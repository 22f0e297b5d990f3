#pragma once

#include <list>
#include <memory>
#include <vector>

#include "dialer.h"
#include "response_reader.h"

namespace carillon::http {

class Connection;
class Endpoint;

/// One POST from `Start` to its report. Its deadline is the total time-out.
struct Attempt final : Deadline {
  void OnDeadline() override;

  std::shared_ptr<const Request> request;
  std::shared_ptr<const EndpointOptions> options;
  uint32_t route = 0;  // which of the endpoint's addresses, over time, it was started for
  bool resent = false;
  base::MonoTime started{};
  Endpoint* endpoint = nullptr;
  Connection* connection = nullptr;                       // null while it waits for one
  std::list<std::shared_ptr<Attempt>>::iterator place{};  // in the endpoint's queue, while it waits
};
using AttemptPtr = std::shared_ptr<Attempt>;

/// One place in an endpoint's pool: dials for an attempt, carries it, then waits for the next. A
/// read is always pending, so that the peer's closing is noticed at once. Its deadline is the end
/// of its idle time.
class Connection final : public StreamUser,
                         public Deadline,
                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(CourierContext& context, Endpoint& endpoint, uint32_t route);

  /// Connects and then carries `attempt`.
  void Dial(AttemptPtr attempt);
  /// Carries `attempt` from `now` on; only when idle.
  void Carry(AttemptPtr attempt, base::MonoTime now);
  /// Closes at once and gives back the attempt that was carried, if any. Nothing is reported.
  AttemptPtr Close();
  /// How the attempt ends if it ends now with this; for the one who ends it and closes. Where the
  /// status of an answer stands already, that is how.
  Response End(model::Outcome outcome, std::string error);
  /// The attempt's total time-out has passed.
  void OnAttemptDeadline();
  /// It is idle, and its descriptor is needed elsewhere: it is closed and forgotten.
  void GiveWay();

  uint32_t route() const { return route_; }
  /// From then on it carries nothing more.
  base::MonoTime retires() const { return retires_; }
  bool busy() const { return attempt_ != nullptr; }
  /// Adds itself.
  void Count(ConnectionCounts& counts) const;

  void OnRead(ErrorCode ec, size_t bytes) override;
  void OnWritten(ErrorCode ec) override;
  void OnDeadline() override;

  size_t index = 0;  // in the endpoint's list of connections
  IdleConnection idle{*this};

 private:
  void OnDialed(Dialed dialed);
  void NoteShortage(const Dialed& dialed);
  void Send(base::MonoTime now);
  void Listen();
  void OnBytes(size_t bytes);
  void OnClosed(ErrorCode ec);
  /// Whether what came answers no request: the receiver had given up waiting for one.
  bool IsLateTimeout() const;
  Phase PhaseNow() const;
  PhaseTimes TimesAt(base::MonoTime end) const;
  /// So that the next attempt begins at another address where this one did no good.
  void Remember(model::Outcome outcome);
  /// Ends the attempt; the connection lives on when `keep`. Nothing may follow it.
  void Finish(model::Outcome outcome, std::string error, bool keep, FactsPtr facts = nullptr);

  CourierContext& context_;
  Endpoint& endpoint_;
  const uint32_t route_;
  const base::MonoTime retires_;
  AttemptPtr attempt_;
  std::shared_ptr<Dialer> dialer_;    // while it dials
  std::shared_ptr<Stream> stream_;    // once connected
  boost::asio::ip::address address_;  // of the destination, once connected
  std::vector<char> buffer_;          // of one read
  std::shared_ptr<const std::string> peer_;
  ResponseReader reader_;
  bool closed_ = false;
  bool reused_ = false;    // carried an attempt before this one
  bool answered_ = false;  // a byte of this attempt's response came
  bool writing_ = false;
  PhaseTimes dialed_;            // what the attempt took until the connection stood
  base::MonoTime sent_{};        // when it was sent...
  base::MonoTime first_byte_{};  // ...and answered; not set when one read brought the answer whole
  Phase phase_ = Phase::kQueue;  // in which dialling ended
  bool proven_ = false;          // an answer came over it
};

}  // namespace carillon::http
