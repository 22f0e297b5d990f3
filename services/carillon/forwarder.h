#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "carillon/net/url.h"
#include "carillon/web/message.h"

namespace carillon::cli {

/// What a server answered, or why it did not.
struct Forwarded {
  int status = 0;  ///< 0: there was no answer
  std::string error;
};

/// Sends requests on to a server of the developer's, one connection each. Used on the thread that
/// runs the io_context, which outlives it.
class Forwarder {
 public:
  /// `target`: a port of this machine (`3000`), or a URL, `http://HOST:PORT/PATH`.
  /// INVALID_ARGUMENT says what it must be.
  static absl::StatusOr<Forwarder> To(const std::string& target);

  /// Sends `request`, with its headers and body, and calls `done` once on this thread. Takes at
  /// most 30 s.
  void Send(boost::asio::io_context& io, const web::Request& request,
            std::function<void(Forwarded)> done) const;

 private:
  explicit Forwarder(net::Url url) : url_(std::move(url)) {}

  net::Url url_;
};

}  // namespace carillon::cli
