#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <optional>

#include "carillon/model/outcome.h"
#include "carillon/model/shortage.h"

namespace carillon::http {

/// What this machine was short of when opening, binding or connecting a socket to `to`, or shaking
/// hands over it, failed with `ec`; nothing: the failure is not its own.
///
/// - EMFILE, ENFILE; ENOBUFS, ENOMEM, and ENOSPC (of epoll), and what OpenSSL could not allocate.
/// - EADDRNOTAVAIL, EADDRINUSE and EAGAIN of a connect: no local port is free towards `to`. But
///   where no address of this machine leads there (a container without IPv6), EADDRNOTAVAIL is said
///   too: that lasts, and is no shortage.
/// - Not EPERM and EACCES: the operator's own rules forbid it, which lasts as well.
std::optional<model::Resource> ShortageOf(const boost::system::error_code& ec,
                                          const boost::asio::ip::tcp::endpoint& to);

/// How an attempt ends whose connect to `to` failed with `ec`.
model::Outcome OutcomeOfConnect(const boost::system::error_code& ec,
                                const boost::asio::ip::tcp::endpoint& to);

}  // namespace carillon::http
