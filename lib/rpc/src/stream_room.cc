#include "stream_room.h"

namespace carillon::rpc {

bool StreamRoom::Enter(const std::string& peer) {
  const base::MutexLock lock(mutex_);
  if (streams_ >= most_) return false;
  size_t& streams = peers_[peer];
  if (streams >= most_of_peer_) return false;
  ++streams;
  ++streams_;
  return true;
}

void StreamRoom::Leave(const std::string& peer) {
  const base::MutexLock lock(mutex_);
  const auto found = peers_.find(peer);
  if (--found->second == 0) peers_.erase(found);
  --streams_;
}

std::string PeerHost(const std::string& peer) { return peer.substr(0, peer.rfind(':')); }

}  // namespace carillon::rpc
