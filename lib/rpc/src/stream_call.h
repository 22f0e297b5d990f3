#pragma once

#include <functional>
#include <string>

#include "idle_list.h"
#include "publisher_service.h"
#include "queue.h"
#include "raw_service.h"
#include "stream_room.h"

namespace carillon::rpc {

/// What the streams of one queue share; `room` is that of all queues.
struct Streams {
  CallQueue& queue;
  RawService& service;
  Publishing& publishing;
  StreamRoom& room;
  std::function<std::string(const std::string&)> peer_host;  ///< may be empty: PeerHost
  IdleList idle;
};

/// Takes PublishStream calls from the queue, one after the other and many at a time, until the
/// server is shut down. On the queue's thread, or before it starts. A stream's initial metadata is
/// sent at once; one for which there is no room ends with RESOURCE_EXHAUSTED, one that sends
/// nothing for too long with UNAVAILABLE. `streams` outlives the queue's calls.
void AcceptStream(Streams& streams);

}  // namespace carillon::rpc
