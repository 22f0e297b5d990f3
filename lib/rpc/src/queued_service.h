#pragma once

#include <grpcpp/grpcpp.h>

#include "queue.h"

namespace carillon::rpc {

/// What is served beside publishing, and whose calls a `CallQueue` of the publisher's takes: no
/// thread for each, however many call it. Outlives the queue.
class QueuedService {
 public:
  virtual ~QueuedService() = default;
  /// Adds itself to a server that is about to be built.
  virtual void Register(grpc::ServerBuilder& builder) = 0;
  /// Takes calls from `queue` until the server is shut down; before the queue's thread starts.
  virtual void Start(CallQueue& queue) = 0;
};

}  // namespace carillon::rpc
