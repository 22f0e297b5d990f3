#pragma once

#include <ares.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "carillon/http/resolver.h"

namespace carillon::http {

/// How a look-up of a DnsChannel ended.
struct DnsAnswer {
  LookupResult result = LookupResult::kOk;
  std::string error;            ///< in words, unless kOk
  std::string_view code;        ///< as LookupCode says it; static, unless kOk
  Addresses addresses;          ///< each once; not empty when kOk
  std::chrono::seconds ttl{0};  ///< the shortest of the answer
};

/// Asks the name servers of one reading of resolv.conf: a c-ares channel whose sockets wait in the
/// owner's epoll. One thread, and all of it without blocking (but for reading resolv.conf).
class DnsChannel {
 public:
  using Done = std::function<void(DnsAnswer)>;

  /// `epoll` outlives the channel; its events carry `id` (over `Socket`'s bits) and the socket.
  /// INVALID_ARGUMENT for servers that are no addresses; RESOURCE_EXHAUSTED without memory.
  static absl::StatusOr<std::unique_ptr<DnsChannel>> Create(const ResolverOptions& options,
                                                            int epoll, uint32_t id);
  /// Answers what is under way with kError.
  ~DnsChannel();
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  /// `done` is called once, perhaps from within.
  void Start(const std::string& host, Done done);
  /// A socket of this channel has `events` of epoll.
  void OnSocket(int socket, uint32_t events);
  /// Sends again, or gives up, what was not answered in time.
  void OnTime();
  /// How long until OnTime is due; nothing while nothing is under way.
  std::optional<std::chrono::milliseconds> UntilTime() const;

  uint32_t id() const { return id_; }
  size_t running() const { return running_; }
  size_t started() const { return started_; }

  static uint32_t IdOf(uint64_t epoll_data) { return static_cast<uint32_t>(epoll_data >> 32); }
  static int SocketOf(uint64_t epoll_data) { return static_cast<int>(epoll_data & 0xffffffff); }

 private:
  struct Lookup;

  DnsChannel(int epoll, uint32_t id) : epoll_(epoll), id_(id) {}
  absl::Status Open(const ResolverOptions& options);
  static void OnSocketState(void* self, ares_socket_t socket, int readable, int writable);
  static ares_socket_t OpenSocket(int domain, int type, int protocol, void* self);
  static int Connect(ares_socket_t socket, const sockaddr* to, ares_socklen_t size, void* self);
  static ares_ssize_t Receive(ares_socket_t socket, void* into, size_t size, int flags,
                              sockaddr* from, ares_socklen_t* from_size, void* self);
  static void OnEnd(void* lookup, int status, int timeouts, ares_addrinfo* found);
  void NoteShortage(int error);

  const int epoll_;
  const uint32_t id_;
  ares_channel channel_ = nullptr;
  size_t running_ = 0;
  size_t started_ = 0;
  size_t shortages_ = 0;  // how often a socket could not be had
  /// What the last name server that would not answer said, by the names under way.
  std::unordered_map<std::string, std::string_view> refusals_;
};

}  // namespace carillon::http
