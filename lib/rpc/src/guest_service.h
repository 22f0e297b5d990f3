#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "carillon/base/clock.h"
#include "carillon/rpc/guest.h"
#include "idle_list.h"
#include "queue.h"
#include "queue_ticks.h"
#include "queued_service.h"

namespace carillon::rpc {

/// Serves the methods of all guests, and answers what no other service has with UNIMPLEMENTED: it
/// takes every call that is left over. Calls are taken by a queue that publishers are served by,
/// and live on one of their own, whose thread is "control": what guests do does not hold publishers
/// up, and they do not wait behind what was published before them.
///
/// gRPC's callback API would do, but its threads would poll the connections beside those of
/// `CallQueue` (docs/decisions/0005-queues.md).
///
/// A call waits for its message no longer than kMaxIdle, once its method has let it begin: calls
/// that may not be have neither a place nor memory. When the server is shut down, each guest still
/// has to end what it was given.
class GuestService final : public QueuedService {
 public:
  /// Calls under way, from their beginning to their end; one more is answered with RATE_LIMITED.
  static constexpr size_t kMaxCalls = 256;
  /// Of a call's message; REQUEST_TOO_LARGE.
  static constexpr size_t kMaxMessageBytes = 8u << 20;
  /// Of the messages of all calls under way; RATE_LIMITED.
  static constexpr size_t kMaxHeldBytes = 64u << 20;
  /// A call whose message does not come for so long is ended with DEADLINE_EXCEEDED.
  static constexpr std::chrono::seconds kMaxIdle{30};

  /// Says whether a call's metadata is within its bounds.
  using CheckHead = std::function<grpc::Status(const grpc::ServerContext&)>;

  /// Names of methods differ.
  GuestService(const std::vector<Guest>& guests, CheckHead check_head, const base::Clock& clock);
  ~GuestService() override;

  void Register(grpc::ServerBuilder& builder) override {
    builder.RegisterAsyncGenericService(&service_);
  }
  void Start(CallQueue& queue) override;
  /// Ends the calls that are idle; on the thread of the calls, which does it once a second.
  void Look() { idle_.Look(); }
  /// Runs `task` on the thread of the calls; after `Start`, before `Stop`. Any thread.
  void Post(absl::AnyInvocable<void()> task) { queue_->Post(std::move(task)); }
  /// After `Start`'s queue was stopped: waits until every call is answered and gone. Again: nothing
  /// happens.
  void Stop();

 private:
  class Arrival;
  class Call;

  /// `path` as HTTP/2 has it. Null: there is none.
  const GuestMethod* Find(const std::string& path) const;

  absl::flat_hash_map<std::string, GuestMethod> methods_;  ///< by path
  const CheckHead check_head_;
  grpc::AsyncGenericService service_;
  const std::unique_ptr<CallQueue> queue_ = CallQueue::MakeQuiet();
  // On its thread.
  QueueTicks* ticks_ = nullptr;  ///< owns itself until `Stop`
  IdleList idle_;
  size_t calls_ = 0;
  size_t held_bytes_ = 0;
};

}  // namespace carillon::rpc
