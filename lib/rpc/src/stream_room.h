#pragma once

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "carillon/base/mutex.h"

namespace carillon::rpc {

/// How many streams may be open, in all and from one peer. Thread-safe.
class StreamRoom {
 public:
  StreamRoom(size_t most, size_t most_of_peer) : most_(most), most_of_peer_(most_of_peer) {}

  /// Takes a place for a stream of `peer`, which gives it back. Returns false when there is none.
  bool Enter(const std::string& peer);
  void Leave(const std::string& peer);

 private:
  const size_t most_;
  const size_t most_of_peer_;
  base::Mutex mutex_;
  size_t streams_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, size_t> peers_ ABSL_GUARDED_BY(mutex_);
};

/// The address in gRPC's name of a peer, without its port.
std::string PeerHost(const std::string& peer);

}  // namespace carillon::rpc
