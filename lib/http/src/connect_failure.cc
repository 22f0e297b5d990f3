#include "connect_failure.h"

#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>

namespace carillon::http {
namespace {

namespace error = boost::asio::error;
using boost::asio::ip::tcp;
using boost::system::error_code;
using model::Outcome;
using model::Resource;

/// Whether an address of this machine leads to `to`. A datagram socket is given one when it is
/// connected, and needs no port of TCP's.
bool HasSourceAddress(const tcp::endpoint& to) {
  const int fd = ::socket(to.protocol().family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return true;  // a shortage, too
  const bool leads =
      ::connect(fd, to.data(), static_cast<socklen_t>(to.size())) == 0 || errno != EADDRNOTAVAIL;
  ::close(fd);
  return leads;
}

std::optional<Resource> OfSystem(int code, const tcp::endpoint& to) {
  switch (code) {
    case EMFILE:
    case ENFILE:
      return Resource::kDescriptors;
    case ENOBUFS:
    case ENOMEM:
    case ENOSPC:
      return Resource::kMemory;
    case EADDRNOTAVAIL:
      if (!HasSourceAddress(to)) return std::nullopt;
      return Resource::kPorts;
    case EADDRINUSE:
    case EAGAIN:
      return Resource::kPorts;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Resource> ShortageOf(const error_code& ec, const tcp::endpoint& to) {
  if (ec.category() == boost::system::system_category() ||
      ec.category() == boost::system::generic_category()) {
    return OfSystem(ec.value(), to);
  }
  const bool tls = ec.category() == error::get_ssl_category();
  if (tls && ERR_GET_REASON(static_cast<unsigned long>(ec.value())) == ERR_R_MALLOC_FAILURE) {
    return Resource::kMemory;
  }
  return std::nullopt;
}

Outcome OutcomeOfConnect(const error_code& ec, const tcp::endpoint& to) {
  if (ShortageOf(ec, to)) return Outcome::kLocalShortage;
  if (ec == error::connection_refused) return Outcome::kConnectRefused;
  if (ec == error::timed_out) return Outcome::kConnectTimeout;
  if (ec == error::connection_reset || ec == error::connection_aborted) return Outcome::kReset;
  return Outcome::kUnreachable;
}

}  // namespace carillon::http
