#include "publisher_service.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "queue.h"
#include "queue_ticks.h"
#include "raw_service.h"
#include "socket_functions.h"
#include "stream_call.h"
#include "unary_call.h"

namespace carillon::rpc {
namespace {

/// Calls that may arrive at once without waiting to be asked for.
constexpr int kUnaryAhead = 32;
constexpr size_t kMaxQueues = 4;

class PublisherServiceImpl final : public PublisherService {
 public:
  PublisherServiceImpl(Publishing& publishing, Options options, const base::Clock& clock)
      : publishing_(publishing),
        options_(std::move(options)),
        clock_(clock),
        room_(options_.max_streams, options_.max_streams_per_peer) {}

  void Register(grpc::ServerBuilder& builder) override {
    builder.RegisterService(&service_);
    for (QueuedService* const other : options_.others) other->Register(builder);
    for (size_t i = 0; i < options_.queues; ++i) {
      queues_.push_back(std::make_unique<CallQueue>(builder.AddCompletionQueue()));
      streams_.push_back(std::make_unique<Streams>(*queues_.back(), service_, publishing_, room_,
                                                   options_.peer_host,
                                                   IdleList(options_.max_stream_idle, clock_)));
    }
  }

  void Start() override {
    for (size_t i = 0; i < queues_.size(); ++i) {
      CallQueue& queue = *queues_[i];
      Streams& streams = *streams_[i];
      for (int n = 0; n < kUnaryAhead; ++n) AcceptUnary(queue, service_, publishing_);
      AcceptStream(streams);
      if (i == 0) {
        for (QueuedService* const other : options_.others) other->Start(queue);
      }
      ticks_.push_back(QueueTicks::Start(queue, [this, i, &streams] {
        streams.idle.Look();
        if (i == 0 && options_.second) options_.second();
      }));
      queue.Post([] { PublishersAreReadHere(); });
      queue.Start("publish");
    }
  }

  void AddLoops(base::LoopWatch& watch) override {
    for (size_t i = 0; i < queues_.size(); ++i) {
      watch.Add("publish-" + std::to_string(i),
                [queue = queues_[i].get()](absl::AnyInvocable<void()> answer) {
                  queue->Post(std::move(answer));
                });
    }
  }

  void Stop() override {
    for (size_t i = 0; i < ticks_.size(); ++i) {
      queues_[i]->Post([ticks = ticks_[i]] { ticks->End(); });
    }
    ticks_.clear();
    for (const std::unique_ptr<CallQueue>& queue : queues_) queue->Stop();
  }

 private:
  Publishing& publishing_;
  const Options options_;
  const base::Clock& clock_;
  RawService service_;
  StreamRoom room_;
  std::vector<std::unique_ptr<CallQueue>> queues_;
  std::vector<std::unique_ptr<Streams>> streams_;  ///< one of each queue
  std::vector<QueueTicks*> ticks_;                 ///< own themselves until `Stop`
};

}  // namespace

std::unique_ptr<PublisherService> PublisherService::Create(Publishing& publishing, Options options,
                                                           const base::Clock& clock) {
  return std::make_unique<PublisherServiceImpl>(publishing, std::move(options), clock);
}

size_t DefaultQueues() {
  return std::clamp<size_t>(std::thread::hardware_concurrency() / 2, 1, kMaxQueues);
}

}  // namespace carillon::rpc
