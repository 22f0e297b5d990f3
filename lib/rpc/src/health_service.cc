#include "health_service.h"

#include <optional>

namespace carillon::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

/// Checks that may arrive at once without waiting to be asked for.
constexpr int kChecksAhead = 4;

bool Known(const HealthCheckRequest& request) {
  return request.service().empty() || request.service() == "carillon.v1.EventPublisher";
}

HealthCheckResponse::ServingStatus ToStatus(bool serving) {
  return serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

}  // namespace

/// One Check; makes its successor when it is taken.
class HealthService::CheckCall final : CallQueue::Call {
 public:
  CheckCall(CallQueue& queue, HealthService& health) : Call(queue), health_(health) {
    health_.service_.RequestCheck(&context_, &request_, &writer_, queue.get(), queue.get(),
                                  taken_.tag());
  }

 private:
  void OnTaken(bool ok) {
    if (!ok) {
      delete this;
      return;
    }
    new CheckCall(queue_, health_);  // owns itself
    if (!Known(request_)) {
      writer_.FinishWithError({grpc::StatusCode::NOT_FOUND, "no such service"}, finished_.tag());
      return;
    }
    HealthCheckResponse response;
    response.set_status(ToStatus(health_.serving_));
    writer_.Finish(response, grpc::Status::OK, finished_.tag());
  }
  void OnFinished(bool) { delete this; }

  HealthService& health_;
  CallQueue::Step<CheckCall> taken_{*this, &CheckCall::OnTaken};
  CallQueue::Step<CheckCall> finished_{*this, &CheckCall::OnFinished};
  grpc::ServerContext context_;
  HealthCheckRequest request_;
  grpc::ServerAsyncResponseWriter<HealthCheckResponse> writer_{&context_};
};

/// One Watch. It is gone when its status was sent and gRPC said that the call is over.
class HealthService::WatchCall final : CallQueue::Call {
 public:
  WatchCall(CallQueue& queue, HealthService& health) : Call(queue), health_(health) {
    context_.AsyncNotifyWhenDone(over_.tag());
    health_.service_.RequestWatch(&context_, &request_, &writer_, queue.get(), queue.get(),
                                  taken_.tag());
  }

  /// Writes what changed; ends the call when the service stops.
  void Next() {
    if (writing_ || finishing_) return;
    const bool stopped = health_.stopped_;
    const auto now =
        Known(request_) ? ToStatus(health_.serving_) : HealthCheckResponse::SERVICE_UNKNOWN;
    if (over_seen_) {
      Finish(grpc::Status::CANCELLED);
    } else if (told_ != now) {
      told_ = now;
      writing_ = true;
      HealthCheckResponse response;
      response.set_status(now);
      writer_.Write(response, written_.tag());
    } else if (stopped) {
      Finish({grpc::StatusCode::UNAVAILABLE, "the server is stopping"});
    }
  }

 private:
  void OnTaken(bool ok) {
    if (!ok) {  // the server is shut down; gRPC does not say that the call is over
      delete this;
      return;
    }
    new WatchCall(queue_, health_);  // owns itself
    if (health_.watches_.size() >= kMaxWatches) {
      Finish({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many clients watch; use Check"});
      return;
    }
    place_ = health_.watches_.insert(health_.watches_.end(), this);
    Next();
  }
  void OnWritten(bool) {
    writing_ = false;
    Next();
  }
  void OnOver(bool) {
    over_seen_ = true;
    Next();
    MaybeGo();
  }
  void Finish(const grpc::Status& status) {
    finishing_ = true;
    writer_.Finish(status, finished_.tag());
  }
  void OnFinished(bool) {
    finished_seen_ = true;
    MaybeGo();
  }
  void MaybeGo() {
    if (!over_seen_ || !finished_seen_) return;
    if (place_) health_.watches_.erase(*place_);
    delete this;
  }

  HealthService& health_;
  CallQueue::Step<WatchCall> taken_{*this, &WatchCall::OnTaken};
  CallQueue::Step<WatchCall> written_{*this, &WatchCall::OnWritten};
  CallQueue::Step<WatchCall> over_{*this, &WatchCall::OnOver};
  CallQueue::Step<WatchCall> finished_{*this, &WatchCall::OnFinished};
  grpc::ServerContext context_;
  HealthCheckRequest request_;
  grpc::ServerAsyncWriter<HealthCheckResponse> writer_{&context_};
  std::optional<HealthCheckResponse::ServingStatus> told_;
  std::optional<std::list<WatchCall*>::iterator> place_;
  bool writing_ = false;
  bool finishing_ = false;
  bool over_seen_ = false;
  bool finished_seen_ = false;
};

void HealthService::SetServing(bool serving) {
  const base::MutexLock lock(mutex_);
  if (stopped_) return;
  serving_ = serving;
  PostChange();
}

void HealthService::Stop() {
  const base::MutexLock lock(mutex_);
  if (stopped_) return;
  serving_ = false;
  stopped_ = true;
  PostChange();
}

void HealthService::Start(CallQueue& queue) {
  for (int i = 0; i < kChecksAhead; ++i) new CheckCall(queue, *this);  // own themselves
  new WatchCall(queue, *this);
  const base::MutexLock lock(mutex_);
  queue_ = &queue;
}

void HealthService::PostChange() {
  if (queue_ != nullptr) queue_->Post([this] { TellWatches(); });
}

void HealthService::TellWatches() {
  for (WatchCall* const watch : watches_) watch->Next();  // none goes before its status was sent
}

}  // namespace carillon::rpc
