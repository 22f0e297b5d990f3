#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>

/// `recvmsg`, `sendmsg`, `epoll_wait` and `close` of the whole program, shared libraries included:
/// defined in socket_functions.cc, where they tell the WatchedSockets what passes. They do what
/// they always do; for descriptors that are not watched, a look into a table is what that costs.
namespace carillon::rpc {

/// Whose call one of them is: of code that is linked into the program, or of a shared library.
enum class Caller : uint8_t { kProgram, kLibrary };

/// `recvmsg` as the kernel has it, or as a sanitizer wraps it. The thread sanitizer hears only of
/// the program's own calls: see the source.
ssize_t RealRecvmsg(Caller caller, int fd, msghdr* message, int flags);

/// The calling thread waits for the sockets of publishers and for nothing else, from now on: so
/// their epoll is known.
void PublishersAreReadHere();
/// How often they were waited for; begins with 1. Any thread.
uint64_t PublisherPolls();

}  // namespace carillon::rpc
