#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>

namespace carillon::sink {

class Sink;

// Concrete executors: type-erased ones cost as much as the kernel does.
using Executor = boost::asio::io_context::executor_type;
using Coroutine = boost::asio::awaitable<void, Executor>;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
inline constexpr boost::asio::use_awaitable_t<Executor> kUseCoroutine;

/// Reads requests off `socket` and treats each as its target asks, until the peer or a behavior
/// closes it. `sink` must outlive it.
Coroutine ServeConnection(Socket socket, uint64_t number, Sink& sink);

}  // namespace carillon::sink
