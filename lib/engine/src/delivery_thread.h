#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "carillon/authorization/authorizing_courier.h"
#include "carillon/base/clock.h"
#include "carillon/delivery/dispatcher.h"
#include "carillon/http/asio_courier.h"

namespace carillon::engine {

struct DeliveryThreadOptions {
  delivery::DispatcherOptions dispatcher;
  http::CourierOptions courier;
  std::function<void(const authorization::TokenFetch&)> on_token_fetch;  ///< any delivery thread
};

/// One delivery thread: its io_context, its courier, its dispatcher. Everything but the methods
/// below happens on that thread. What it is given must outlive it.
class DeliveryThread {
 public:
  static std::unique_ptr<DeliveryThread> Create(const DeliveryThreadOptions& options,
                                                const base::Clock& clock, store::Stores stores,
                                                store::ShardState state, http::Resolver& resolver,
                                                http::TlsClient& tls, metrics::Metrics& metrics);
  /// Ends the thread; what is in flight is dropped (it is sent again after a restart).
  virtual ~DeliveryThread() = default;

  /// Takes committed events; for EventLog::AddConsumer.
  virtual store::Consumer* consumer() = 0;

  /// Any thread; see Dispatcher. `ready` and `done` on the delivery thread. `PrepareTable` comes
  /// when the one before was committed or discarded, or failed.
  virtual void PrepareTable(delivery::NextTable next,
                            absl::AnyInvocable<void(absl::Status)> ready) = 0;
  virtual void CommitTable(absl::AnyInvocable<void()> done) = 0;
  virtual void DiscardTable() = 0;

  /// Any thread. Starts nothing new, waits up to `grace` for what is in flight, then cancels it;
  /// `done` on the delivery thread when everything is durable.
  virtual void Drain(std::chrono::nanoseconds grace, absl::AnyInvocable<void()> done) = 0;

  /// Any thread. Makes the gauges of its lanes true; `done` on the delivery thread, after that.
  virtual void PublishGauges(absl::AnyInvocable<void()> done) = 0;

  /// Any thread; see Dispatcher. `done` on the delivery thread.
  virtual void ListPending(absl::AnyInvocable<void(model::PendingReport)> done) = 0;
  virtual void AwaitRemovals(absl::AnyInvocable<void(uint64_t)> done) = 0;

  /// Any thread. `task` on the delivery thread, soon.
  virtual void Post(absl::AnyInvocable<void()> task) = 0;

  /// Any thread: cancels what is in flight now.
  virtual void CancelAll() = 0;
};

}  // namespace carillon::engine
