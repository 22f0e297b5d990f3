#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/access/authenticator.h"
#include "carillon/base/clock.h"
#include "carillon/base/loop_watch.h"
#include "carillon/log/log.h"
#include "carillon/metrics/metrics.h"
#include "carillon/rpc/guest.h"
#include "carillon/v1/config.pb.h"
#include "carillon/web/server.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace carillon::rpc {

class Publishing;

/// The publishing port: gRPC, and what bounds the memory, connections and calls that publishers can
/// take of it. Made and destroyed on the main thread; `SetServing`, `SetTls` and `Describe`
/// from any.
class Front {
 public:
  /// Listens, and takes calls of whom `authenticator` knows; over TLS where `tls` is not null,
  /// which speaks HTTP/2. `publishing`, `authenticator` and what serves `guests` outlive it.
  /// UNAVAILABLE: what the system says.
  static absl::StatusOr<std::unique_ptr<Front>> Listen(
      const v1::ServerSettings& settings, Publishing& publishing,
      access::Authenticator& authenticator, const base::Clock& clock, log::Logger& logger,
      web::ServerTlsPtr tls = nullptr, const std::vector<Guest>& guests = {});
  /// Stops.
  virtual ~Front() = default;

  virtual int port() const = 0;
  /// Connections that come from now on use `tls`; only where it was made with TLS. Any thread.
  virtual void SetTls(web::ServerTlsPtr tls) = 0;
  /// The full names of all its services.
  virtual const std::vector<std::string>& services() const = 0;
  /// A channel to them within the process, which answers of at most 16 MiB pass. No call may begin
  /// on it once `Stop` was called: it would end the process.
  virtual std::shared_ptr<grpc::Channel> InProcess() = 0;
  /// Where a connection comes from, by gRPC's name of its peer. Any thread.
  virtual std::string HostOf(const std::string& peer) const = 0;
  /// What the certificate says that it has shown; null: none. `peer` as above.
  virtual base::PeerCertificatePtr CertificateOf(const std::string& peer) const = 0;
  /// What the health service says.
  virtual void SetServing(bool serving) = 0;
  /// Adds the publishing threads' event loops. `Stop` comes after the watch's last question.
  virtual void AddLoops(base::LoopWatch& watch) = 0;
  /// Fills in what a scrape shows of it.
  virtual void Describe(metrics::ProcessGauges& gauges) const = 0;
  /// Takes no more; every call that was taken is answered after it. It waits for guests that have
  /// calls under way. Again: nothing happens.
  virtual void Stop() = 0;
};

}  // namespace carillon::rpc
