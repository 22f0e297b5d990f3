#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <atomic>
#include <memory>

#include "carillon/base/clock.h"
#include "carillon/ingest/ingest.h"
#include "carillon/journal/journal.h"
#include "carillon/metrics/metrics.h"

namespace carillon::server {

/// What both publishing methods need. Owned by the program, outlives the gRPC server.
/// Thread-safe: gRPC calls from several threads of its own.
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

  /// Called once with the encoded answer or with why there is none; on this thread when the
  /// request is refused at once, else on a thread of the journal.
  using Answer = absl::AnyInvocable<void(absl::StatusOr<grpc::ByteBuffer>)>;

  /// Decodes one PublishRequest (PublishStreamRequest is the same on the wire), stores its events
  /// and answers with a PublishResponse (the same, again, as PublishStreamResponse). Never blocks.
  void Publish(const grpc::ByteBuffer& request, Answer answer);

 private:
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
std::unique_ptr<grpc::Service> MakePublisherService(Publishing& publishing);

}  // namespace carillon::server
