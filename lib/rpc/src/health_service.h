#pragma once

#include <atomic>
#include <list>

#include "carillon/base/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "queued_service.h"

namespace carillon::rpc {

/// The gRPC health service: one state for the whole server and for `carillon.v1.EventPublisher`.
/// gRPC's own would do, but it is written with the callback API, whose threads would poll the
/// connections beside those of `CallQueue`. `SetServing` and `Stop`: any thread.
class HealthService final : public QueuedService {
 public:
  /// A Watch over it is answered with RESOURCE_EXHAUSTED.
  static constexpr size_t kMaxWatches = 256;

  /// NOT_SERVING before the first call.
  void SetServing(bool serving);
  /// Says NOT_SERVING from now on, and ends every Watch: none holds the server's shutdown up.
  /// Before that shutdown.
  void Stop();

  static const char* name() { return grpc::health::v1::Health::service_full_name(); }
  void Register(grpc::ServerBuilder& builder) override { builder.RegisterService(&service_); }
  void Start(CallQueue& queue) override;

 private:
  class CheckCall;
  class WatchCall;

  void TellWatches();  ///< on the queue's thread
  void PostChange() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  grpc::health::v1::Health::AsyncService service_;
  base::Mutex mutex_;
  CallQueue* queue_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::atomic<bool> serving_{false};
  std::atomic<bool> stopped_{false};
  std::list<WatchCall*> watches_;  ///< the queue's thread
};

}  // namespace carillon::rpc
