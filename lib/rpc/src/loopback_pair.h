#pragma once

#include <cstdint>

#include "absl/status/statusor.h"

namespace carillon::rpc {

/// Makes pairs of connected TCP sockets inside the process. Pairs of Unix sockets would do for
/// everything but WakeSocket, which takes TCP. Used by one thread.
class LoopbackPairs {
 public:
  struct Pair {
    int near = -1;
    int far = -1;
    uint16_t near_port = 0;  ///< the far end's peer is 127.0.0.1 with this port
  };

  LoopbackPairs() = default;
  LoopbackPairs(const LoopbackPairs&) = delete;
  LoopbackPairs& operator=(const LoopbackPairs&) = delete;
  ~LoopbackPairs();

  /// Listens, for itself alone. UNAVAILABLE: what the system says.
  absl::Status Open();
  /// The caller closes both. What others connect is closed at once. RESOURCE_EXHAUSTED: no
  /// descriptors or ports are left.
  absl::StatusOr<Pair> Make();

 private:
  int listener_ = -1;
};

}  // namespace carillon::rpc
