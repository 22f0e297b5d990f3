#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "courier_context.h"
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
};

/// Makes one connection: looks the name up, asks the guard for every address, tries them in order
/// (through the proxy, where there is one), shakes hands for TLS, all within the connect time-out.
/// An address that does not answer gets its share of the time that is left, so that the next is
/// tried too. What is connected to is what the guard saw: nothing is looked up again.
class Dialer final : public LookupUser,
                     public Deadline,
                     public std::enable_shared_from_this<Dialer> {
 public:
  /// Called once, from the event loop, unless cancelled before.
  using Done = std::function<void(Dialed)>;

  Dialer(CourierContext& context, std::shared_ptr<const EndpointOptions> options,
         EndpointId endpoint, Done done);

  void Start();
  /// `done` will not be called.
  void Cancel();
  /// What is being done now.
  Phase phase() const;

  void OnResolved(absl::StatusOr<Addresses> answer) override;
  void OnDeadline() override;

 private:
  using TcpEndpoint = boost::asio::ip::tcp::endpoint;
  enum class Stage { kResolving, kResolvingProxy, kConnecting, kTunnelling, kHandshaking, kOver };

  /// One way to try: straight to `to`, or through `to` to `behind_proxy`.
  struct Hop {
    TcpEndpoint to;
    std::optional<TcpEndpoint> behind_proxy;
  };

  void OnLookupFailed(const absl::Status& status);
  /// What the guard refuses: `10.0.0.1 (10.0.0.0/8, private use)`; empty when nothing.
  std::string FindRefused(const Addresses& addresses) const;
  void OnDestination(const Addresses& addresses);
  void OnProxy(const Addresses& addresses);
  void TryNextHop();
  void OnConnected(ErrorCode ec, size_t hop);
  void AskProxy(const TcpEndpoint& to, size_t hop);
  void OnTunnel(Tunnel::Result result, size_t hop);
  void Handshake();
  void OnHandshake(ErrorCode ec);
  void Finish(model::Outcome outcome, std::string error);
  void FinishShort(model::Resource of, std::string error);

  CourierContext& context_;
  const std::shared_ptr<const EndpointOptions> options_;
  const EndpointId endpoint_;
  Done done_;
  std::shared_ptr<const Egress> egress_;
  Stage stage_ = Stage::kResolving;
  base::MonoTime must_end_{};
  std::vector<Hop> hops_;
  size_t next_hop_ = 0;  // the one tried now is the one before
  std::shared_ptr<Stream> stream_;
  model::Resource short_of_ = model::Resource::kDescriptors;
  std::shared_ptr<Tunnel> tunnel_;  // while the proxy is asked
};

}  // namespace carillon::http
