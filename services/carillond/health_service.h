#pragma once

#include <condition_variable>
#include <mutex>

#include "grpc/health/v1/health.grpc.pb.h"

namespace carillon::server {

/// The gRPC health service: one state for the whole server and for `carillon.v1.EventPublisher`.
/// gRPC's own would do, but it is written with the callback API, whose threads would poll the
/// connections beside those of `CallQueue`. Each Watch keeps a thread of gRPC's synchronous server,
/// so their number is bounded. Thread-safe.
class HealthService final : public grpc::health::v1::Health::Service {
 public:
  static constexpr int kMaxWatches = 32;

  /// NOT_SERVING before the first call.
  void SetServing(bool serving);
  /// Says NOT_SERVING from now on, and ends every Watch: none holds the server's shutdown up.
  void Stop();

  grpc::Status Check(grpc::ServerContext* context,
                     const grpc::health::v1::HealthCheckRequest* request,
                     grpc::health::v1::HealthCheckResponse* response) override;
  /// Over the bound: RESOURCE_EXHAUSTED.
  grpc::Status Watch(grpc::ServerContext* context,
                     const grpc::health::v1::HealthCheckRequest* request,
                     grpc::ServerWriter<grpc::health::v1::HealthCheckResponse>* writer) override;

 private:
  grpc::Status Follow(grpc::ServerContext& context, bool known,
                      grpc::ServerWriter<grpc::health::v1::HealthCheckResponse>& writer);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool serving_ = false;
  bool stopped_ = false;
  int watches_ = 0;
};

}  // namespace carillon::server
