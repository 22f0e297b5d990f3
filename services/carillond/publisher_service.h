#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>

#include "call_queue.h"
#include "carillon/base/clock.h"
#include "carillon/ingest/ingest.h"
#include "carillon/journal/journal.h"
#include "carillon/metrics/metrics.h"

namespace carillon::server {

/// What both publishing methods need. Owned by the program, outlives the gRPC server. Thread-safe.
class Publishing {
 public:
  Publishing(ingest::Limits limits, const base::Clock& clock, journal::Journal& journal,
             metrics::Metrics& metrics)
      : limits_(limits), clock_(clock), journal_(journal), metrics_(metrics) {}

  /// From now on these event types are known.
  void SetCatalogue(std::shared_ptr<const ingest::Catalogue> catalogue) {
    catalogue_.store(std::move(catalogue));
  }
  /// From now on everything is refused with UNAVAILABLE.
  void Stop() { stopping_.store(true); }
  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }

  /// Called once with the encoded answer or with why there is none; before `Publish` returns when
  /// the request is refused at once.
  using Answer = absl::AnyInvocable<void(absl::StatusOr<grpc::ByteBuffer>)>;

  /// Decodes one PublishRequest (PublishStreamRequest is the same on the wire), stores its events
  /// and answers with a PublishResponse (the same, again, as PublishStreamResponse). Never blocks.
  /// On the thread of `queue`, as is the answer; the caller is a call of that queue.
  void Publish(const grpc::ByteBuffer& request, CallQueue& queue, Answer answer);

 private:
  struct Waiting;

  void Conclude(Waiting& waiting);
  void Count(const absl::Status& status, uint64_t events, base::MonoTime since);

  const ingest::Limits limits_;
  const base::Clock& clock_;
  journal::Journal& journal_;
  metrics::Metrics& metrics_;
  std::atomic<std::shared_ptr<const ingest::Catalogue>> catalogue_;
  std::atomic<bool> stopping_{false};
};

/// The gRPC service `carillon.v1.EventPublisher` in front of `publishing`. It takes raw bytes, so
/// that a message that does not parse is answered with what is wrong with it.
///
/// Its calls live on `CallQueue`s, not on the callback API: there every answer is given by a thread
/// that is not gRPC's and has to wake one that is (docs/decisions/0005-queues.md).
class PublisherService {
 public:
  /// With `queues` threads. `publishing` outlives it.
  static std::unique_ptr<PublisherService> Create(Publishing& publishing, size_t queues);
  virtual ~PublisherService() = default;

  /// Adds itself to a server that is about to be built, and that it outlives.
  virtual void Register(grpc::ServerBuilder& builder) = 0;
  /// Takes calls from now on; once the server was built.
  virtual void Start() = 0;
  /// After the server's `Shutdown`: waits until every call that was taken is answered and gone.
  virtual void Stop() = 0;
};

/// How many threads serve publishing calls on this machine. One does for two cores: a second would
/// only take turns with it.
size_t DefaultQueues();

}  // namespace carillon::server
