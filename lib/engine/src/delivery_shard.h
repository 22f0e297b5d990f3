#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "carillon/authorization/authorizing_courier.h"
#include "carillon/base/clock.h"
#include "carillon/delivery/dispatcher.h"
#include "carillon/http/asio_courier.h"

namespace carillon::engine {

struct DeliveryShardOptions {
  delivery::DispatcherOptions dispatcher;
  http::CourierOptions courier;
  std::function<void(const authorization::TokenFetch&)> on_token_fetch;  ///< any delivery thread
  /// Another owner has the shard: it starts nothing more, and what was in flight is being
  /// cancelled. Once, on its thread.
  std::function<void()> on_deposed;
};

/// One shard of the deliveries on its delivery thread: a courier and a dispatcher. What is asked is
/// done there, in order; what it is given outlives it. Of an ended one everything is done at once,
/// and nothing comes of it.
class DeliveryShard {
 public:
  using Counted = absl::AnyInvocable<void(std::optional<model::Pending>)>;
  using Described =
      absl::AnyInvocable<void(std::vector<std::optional<delivery::DestinationStatus>>)>;

  /// On the thread that runs `io`, which other shards may share; follows the log at once. The store
  /// may still answer when it is gone: it holds `io`.
  static std::unique_ptr<DeliveryShard> Create(const DeliveryShardOptions& options,
                                               std::shared_ptr<boost::asio::io_context> io,
                                               const base::Clock& clock, store::Stores stores,
                                               store::ShardState state, http::Resolver& resolver,
                                               http::TlsClient& tls, metrics::Metrics& metrics);
  /// When it was ended, or when nothing runs its thread any more: then what is in flight is dropped
  /// (it is sent again by the next owner).
  virtual ~DeliveryShard() = default;

  /// See Dispatcher. `ready` and `done` on the delivery thread. `PrepareTable` comes when the one
  /// before was committed or discarded, or failed.
  virtual void PrepareTable(delivery::NextTable next,
                            absl::AnyInvocable<void(absl::Status)> ready) = 0;
  virtual void CommitTable(absl::AnyInvocable<void()> done) = 0;
  virtual void DiscardTable() = 0;

  /// See Dispatcher. `done` on the delivery thread, or wherever what it waits in ends; of an ended
  /// shard UNAVAILABLE.
  virtual void Command(delivery::LaneOrder order, absl::AnyInvocable<void(absl::Status)> done) = 0;
  virtual void Resend(delivery::ResendOrder order,
                      absl::AnyInvocable<void(absl::StatusOr<size_t>)> done) = 0;
  virtual void Purge(delivery::PurgeOrder order,
                     absl::AnyInvocable<void(absl::StatusOr<delivery::PurgeResult>)> done) = 0;

  /// See Dispatcher. `done` on the delivery thread; of an ended shard with none that is known, or
  /// not at all.
  virtual void Describe(std::vector<delivery::LanePlace> lanes, Described done) = 0;

  /// Starts nothing new, waits up to `grace` for what is in flight, then cancels it; `done` on the
  /// delivery thread when everything is durable. Called again, only the last one is told.
  virtual void Drain(std::chrono::nanoseconds grace, absl::AnyInvocable<void()> done) = 0;

  /// Makes the gauges of its lanes true; `done` on the delivery thread, after that.
  virtual void PublishGauges(absl::AnyInvocable<void()> done) = 0;

  /// See Dispatcher. `done` on the delivery thread.
  virtual void ListPending(absl::AnyInvocable<void(model::PendingReport)> done) = 0;
  virtual void CountPending(delivery::LanePlace lane, Counted done) = 0;
  virtual void AwaitRemovals(absl::AnyInvocable<void(uint64_t)> done) = 0;

  /// Cancels what is in flight now.
  virtual void CancelAll() = 0;

  /// Follows the log no more, and drops all it has, what is in flight too; `done` on the delivery
  /// thread, after that.
  virtual void End(absl::AnyInvocable<void()> done) = 0;
};

}  // namespace carillon::engine
