#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "address_history.h"
#include "courier_context.h"
#include "facts.h"
#include "stream.h"
#include "tunnel.h"

namespace carillon::http {

/// How dialling ended: a stream ready for requests, or why there is none.
struct Dialed {
  model::Outcome outcome = model::Outcome::kSuccess;
  std::string error;
  std::shared_ptr<Stream> stream;
  Phase phase = Phase::kResolve;            ///< what was being done last
  std::shared_ptr<const std::string> peer;  ///< whom to; null: it did not come to that
  model::Resource short_of = model::Resource::kDescriptors;  ///< after kLocalShortage
  PhaseTimes times;
  boost::asio::ip::address address;  ///< of the destination, also behind a proxy; on success
  FactsPtr facts;                    ///< behind `error`
};

/// Makes one connection: looks the name up, asks the guard for every address, connects (through the
/// proxy, where there is one), shakes hands for TLS, all within the connect timeout. What is
/// connected to is what the guard saw: nothing is looked up again.
///
/// Addresses race as RFC 8305 says: the next is tried when one has failed, or did not connect
/// within 250 ms (sooner where there are many for the time), and the first to connect wins; at most
/// six sockets are open for it at once, as the budget of descriptors allows, and at most 64
/// addresses are tried. Through a proxy its own addresses race, and the destination's are asked for
/// one after the other. `history` says where to begin, and is told what failed.
class Dialer final : public LookupUser,
                     public Deadline,
                     public std::enable_shared_from_this<Dialer> {
 public:
  /// Called once, from the event loop, unless cancelled before.
  using Done = std::function<void(Dialed)>;

  Dialer(CourierContext& context, std::shared_ptr<const EndpointOptions> options,
         std::shared_ptr<AddressHistory> history, Done done);

  void Start();
  /// `done` will not be called.
  void Cancel();
  /// What is being done now.
  Phase phase() const;
  /// How long it took so far.
  PhaseTimes times() const;
  /// Sockets that are open, or about to be.
  size_t sockets() const { return 1 + extra_places_; }
  /// The attempt that it dials for runs out of time; `Cancel` follows.
  void NoteTimeout();

  void OnResolved(absl::StatusOr<Addresses> answer) override;
  void OnDeadline() override;

 private:
  using TcpEndpoint = boost::asio::ip::tcp::endpoint;
  using Outcome = model::Outcome;
  enum class Stage { kResolving, kResolvingProxy, kConnecting, kTunnelling, kHandshaking, kOver };

  /// One way to try: straight to `to`, or through `to` to `behind_proxy`.
  struct Hop {
    TcpEndpoint to;
    std::optional<TcpEndpoint> behind_proxy;
  };
  /// A socket that is connecting.
  struct Try {
    size_t hop;
    std::shared_ptr<Stream> stream;
  };
  /// Why an address did not do; that which tells most is reported.
  struct Failure {
    int weight = 0;
    Outcome outcome = Outcome::kUnreachable;
    std::string error;
    std::string peer;
    std::optional<model::Resource> short_of;
  };

  /// Goes on to `stage`; the time since the last call was spent in the one before.
  void Enter(Stage stage);
  static PhaseTimes::Time* TimeOf(PhaseTimes& times, Stage stage);
  void TellHandshake(HandshakeResult result) const;
  /// Whose look-up is under way: the destination's host, or the proxy.
  const std::string& HostAsked() const;
  std::string CannotResolve(std::string_view why) const;
  void OnLookupFailed(const absl::Status& status);
  /// What the guard refuses, and in words: `10.0.0.1 (10.0.0.0/8, private use)`.
  struct Refused {
    model::BlockFacts facts;
    std::string text;
  };
  std::optional<Refused> FindRefused(const Addresses& addresses) const;
  void OnDestination(const Addresses& addresses);
  void OnProxy(const Addresses& addresses);
  bool has_next() const { return next_hop_ < hops_.size(); }
  void ConnectNext();
  void OnConnected(ErrorCode ec, size_t hop);
  void OnConnectFailed(ErrorCode ec, size_t hop, std::string peer);
  void OnConnectDeadline();
  /// `stream` has connected first; the others are closed.
  void Win(std::shared_ptr<Stream> stream, size_t hop);
  void CloseTries();
  void CloseOldest();
  /// Whether the budget of descriptors has room for one more socket; takes it.
  bool TakePlace();
  /// Gives back what the sockets that are left do not need.
  void GivePlaces();
  /// Once all have failed that are tried.
  void FinishFailed();
  /// The address that was connected to at `hop` is no good, or too slow.
  void Blame(size_t hop);
  /// The destination's address at `hop`.
  const TcpEndpoint& DestinationOf(size_t hop) const;
  void AskProxy(const TcpEndpoint& to);
  void OnTunnel(Tunnel::Result result);
  void OnTunnelSilent();
  void Handshake();
  void OnHandshake(ErrorCode ec);
  void OnHandshakeSilent();
  /// Whom a report speaks of; empty while there is nobody.
  std::string Peer() const;
  void Finish(Outcome outcome, std::string error, FactsPtr facts = nullptr);
  /// The connect timeout has passed; `also` is known, too.
  void FinishLate(Outcome outcome, std::string error, const FactsPtr& also = nullptr);
  void FinishShort(model::Resource of, std::string error);

  CourierContext& context_;
  const std::shared_ptr<const EndpointOptions> options_;
  const std::shared_ptr<AddressHistory> history_;
  Done done_;
  std::shared_ptr<const net::Egress> egress_;
  Stage stage_ = Stage::kResolving;
  base::MonoTime stage_since_{};
  PhaseTimes times_;
  base::MonoTime must_end_{};
  std::vector<Hop> hops_;
  size_t next_hop_ = 0;
  std::vector<Try> connecting_;  // oldest first
  size_t extra_places_ = 0;      // of the budget, besides the connection's own
  Failure failure_;              // the worst so far
  size_t hop_ = 0;               // that has won
  std::shared_ptr<Stream> stream_;
  model::Resource short_of_ = model::Resource::kDescriptors;
  std::shared_ptr<Tunnel> tunnel_;  // while the proxy is asked
};

}  // namespace carillon::http
