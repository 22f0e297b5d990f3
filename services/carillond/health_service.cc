#include "health_service.h"

#include <chrono>
#include <optional>

namespace carillon::server {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

/// How soon a Watch notices that its client is gone.
constexpr std::chrono::milliseconds kLookInterval{500};

bool Known(const HealthCheckRequest& request) {
  return request.service().empty() || request.service() == "carillon.v1.EventPublisher";
}

HealthCheckResponse::ServingStatus ToStatus(bool serving) {
  return serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

}  // namespace

void HealthService::SetServing(bool serving) {
  {
    std::lock_guard lock(mutex_);
    serving_ = serving && !stopped_;
  }
  changed_.notify_all();
}

void HealthService::Stop() {
  {
    std::lock_guard lock(mutex_);
    serving_ = false;
    stopped_ = true;
  }
  changed_.notify_all();
}

grpc::Status HealthService::Check(grpc::ServerContext*, const HealthCheckRequest* request,
                                  HealthCheckResponse* response) {
  if (!Known(*request)) return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such service");
  std::lock_guard lock(mutex_);
  response->set_status(ToStatus(serving_));
  return grpc::Status::OK;
}

grpc::Status HealthService::Watch(grpc::ServerContext* context, const HealthCheckRequest* request,
                                  grpc::ServerWriter<HealthCheckResponse>* writer) {
  {
    std::lock_guard lock(mutex_);
    if (watches_ == kMaxWatches) {
      return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                          "too many clients watch; use Check");
    }
    ++watches_;
  }
  const grpc::Status status = Follow(*context, Known(*request), *writer);
  std::lock_guard lock(mutex_);
  --watches_;
  return status;
}

grpc::Status HealthService::Follow(grpc::ServerContext& context, bool known,
                                   grpc::ServerWriter<HealthCheckResponse>& writer) {
  std::optional<HealthCheckResponse::ServingStatus> told;
  while (!context.IsCancelled()) {
    HealthCheckResponse response;
    bool stopped = false;
    {
      std::unique_lock lock(mutex_);
      const auto now = [&] {
        return known ? ToStatus(serving_) : HealthCheckResponse::SERVICE_UNKNOWN;
      };
      changed_.wait_for(lock, kLookInterval, [&] { return stopped_ || told != now(); });
      response.set_status(now());
      stopped = stopped_;
    }
    if (told != response.status() && !writer.Write(response)) break;
    told = response.status();
    if (stopped) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the server is stopping");
  }
  return grpc::Status::CANCELLED;
}

}  // namespace carillon::server
