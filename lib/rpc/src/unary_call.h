#pragma once

#include "publisher_service.h"
#include "queue.h"
#include "raw_service.h"

namespace carillon::rpc {

/// Takes Publish calls from `queue`, one after the other and many at a time, until the server is
/// shut down. On the queue's thread, or before it starts; each time for one more call that can
/// arrive before the one before it was looked at.
void AcceptUnary(CallQueue& queue, RawService& service, Publishing& publishing);

}  // namespace carillon::rpc
