#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/base/secret.h"
#include "carillon/web/server.h"
#include "forwarder.h"

namespace carillon::cli {

/// What is known of a request's signature (Standard Webhooks).
enum class SignatureVerdict { kGood, kWrong, kNone };

/// One request that arrived, and what became of it.
struct Arrived {
  web::Request request;
  SignatureVerdict verdict = SignatureVerdict::kNone;
  int status = 200;                    ///< that it was answered with
  std::optional<Forwarded> forwarded;  ///< nullopt: it was not sent on
};

/// A receiver of webhooks on this machine: verifies signatures, sends on, tells. A request whose
/// signature is wrong is answered with 401 and not sent on; others with what came back, with 502
/// where nothing did, or with 200. Used on the thread that runs the io_context, which outlives it.
class Listener {
 public:
  using Tell = std::function<void(const Arrived&)>;

  /// `address`: HOST:PORT, numeric; port 0: any free one. Bodies of at most 16 MiB are taken.
  static absl::StatusOr<std::unique_ptr<Listener>> Open(boost::asio::io_context& io,
                                                        const std::string& address,
                                                        std::optional<Forwarder> forwarder,
                                                        Tell tell);
  /// Those that requests may be signed with, decoded. Until they are set requests wait for nobody:
  /// call it before any can come.
  void SetKeys(std::vector<base::Secret> keys) { keys_ = std::move(keys); }
  uint16_t port() const { return server_->port(); }
  /// How many requests are being answered, up to the last byte.
  size_t answering() const { return server_->answering(); }

 private:
  Listener(boost::asio::io_context& io, std::optional<Forwarder> forwarder, Tell tell)
      : io_(io), forwarder_(std::move(forwarder)), tell_(std::move(tell)) {}
  void Handle(web::Request request, web::Responder responder);
  SignatureVerdict Verify(const web::Request& request) const;

  boost::asio::io_context& io_;
  const std::optional<Forwarder> forwarder_;
  const Tell tell_;
  std::vector<base::Secret> keys_;
  std::unique_ptr<web::Server> server_;
};

}  // namespace carillon::cli
