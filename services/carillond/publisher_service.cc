#include "publisher_service.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "call_queue.h"
#include "raw_service.h"
#include "stream_call.h"
#include "unary_call.h"

namespace carillon::server {
namespace {

/// Calls that may arrive at once without waiting to be asked for.
constexpr int kUnaryAhead = 32;
constexpr size_t kMaxQueues = 4;

class PublisherServiceImpl final : public PublisherService {
 public:
  PublisherServiceImpl(Publishing& publishing, size_t queues)
      : publishing_(publishing), queues_(queues) {}

  void Register(grpc::ServerBuilder& builder) override {
    builder.RegisterService(&service_);
    for (std::unique_ptr<CallQueue>& queue : queues_) {
      queue = std::make_unique<CallQueue>(builder.AddCompletionQueue());
    }
  }

  void Start() override {
    for (const std::unique_ptr<CallQueue>& queue : queues_) {
      for (int i = 0; i < kUnaryAhead; ++i) AcceptUnary(*queue, service_, publishing_);
      AcceptStream(*queue, service_, publishing_);
      queue->Start("publish");
    }
  }

  void Stop() override {
    for (const std::unique_ptr<CallQueue>& queue : queues_) queue->Stop();
  }

 private:
  Publishing& publishing_;
  RawService service_;
  std::vector<std::unique_ptr<CallQueue>> queues_;
};

}  // namespace

std::unique_ptr<PublisherService> PublisherService::Create(Publishing& publishing, size_t queues) {
  return std::make_unique<PublisherServiceImpl>(publishing, queues);
}

size_t DefaultQueues() {
  return std::clamp<size_t>(std::thread::hardware_concurrency() / 2, 1, kMaxQueues);
}

}  // namespace carillon::server
