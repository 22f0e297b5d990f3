#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dns_channel.h"

namespace carillon::http {

/// The resolver's event loop: the channels that ask, and one epoll for the sockets of all of them.
/// One thread, but for `Wake`. Look-ups end in a call of `Wait`, `Start` or `Close`.
///
/// A channel knows the name servers of the time it was made, and keeps its sockets, so their ports
/// too, while it is busy. Another takes over after 500 look-ups, so that an answer forged for a
/// port finds nobody, and after `ReadAgain`; the ones before end what they began. There are at most
/// eight, each with at most a UDP and a TCP socket for each name server.
class DnsLoop {
 public:
  explicit DnsLoop(const ResolverOptions& options);
  ~DnsLoop();
  DnsLoop(const DnsLoop&) = delete;
  DnsLoop& operator=(const DnsLoop&) = delete;

  /// Handles what comes until something was handled, `most` is over or `Wake` was called.
  void Wait(std::optional<std::chrono::milliseconds> most);
  void Wake();
  void Start(const std::string& host, DnsChannel::Done done);
  /// What is started from now on asks the name servers that resolv.conf names now.
  void ReadAgain() { read_again_ = true; }
  /// Ends everything at once; each look-up under way ends with kError.
  void Close() { channels_.clear(); }

 private:
  int TimeoutOf(std::optional<std::chrono::milliseconds> most) const;
  void OnEvent(uint64_t data, uint32_t events);
  /// The channel for the next look-up.
  absl::StatusOr<DnsChannel*> Current();
  void DropIdle();

  const ResolverOptions options_;
  const int epoll_;
  const int wake_;
  std::vector<std::unique_ptr<DnsChannel>> channels_;  // the last one takes new look-ups
  uint32_t next_id_ = 0;
  bool read_again_ = false;
};

}  // namespace carillon::http
