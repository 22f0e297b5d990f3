#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/base/loop_watch.h"
#include "carillon/rpc/publishing.h"
#include "queued_service.h"

namespace carillon::rpc {

/// The gRPC service `carillon.v1.EventPublisher` in front of `publishing`. It takes raw bytes, so
/// that a message that does not parse is answered with what is wrong with it.
///
/// Its calls live on `CallQueue`s, not on the callback API: there every answer is given by a thread
/// that is not gRPC's and has to wake one that is (docs/decisions/0005-queues.md).
class PublisherService {
 public:
  struct Options {
    size_t queues = 1;  ///< threads
    size_t max_streams = 4096;
    size_t max_streams_per_peer = 4096;
    std::chrono::nanoseconds max_stream_idle{0};  ///< no bound when 0
    std::vector<QueuedService*> others;           ///< the first queue takes their calls; outlive it
    /// Whose a stream is, by gRPC's name of its peer, when they are counted.
    std::function<std::string(const std::string&)> peer_host;
    std::function<void()> second;  ///< called about once a second, on the first queue's thread
  };
  /// `publishing` and `clock` outlive it.
  static std::unique_ptr<PublisherService> Create(Publishing& publishing, Options options,
                                                  const base::Clock& clock);
  virtual ~PublisherService() = default;

  /// Adds itself to a server that is about to be built, and that it outlives.
  virtual void Register(grpc::ServerBuilder& builder) = 0;
  /// Takes calls from now on; once the server was built.
  virtual void Start() = 0;
  /// Adds the event loops of its threads; after `Start`. `Stop` comes after the watch's last
  /// question.
  virtual void AddLoops(base::LoopWatch& watch) = 0;
  /// After the server's `Shutdown`: waits until every call that was taken is answered and gone.
  virtual void Stop() = 0;
};

/// How many threads serve publishing calls on this machine. One does for two cores: a second would
/// only take turns with it.
size_t DefaultQueues();

}  // namespace carillon::rpc
