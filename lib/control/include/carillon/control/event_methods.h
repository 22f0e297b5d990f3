#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "carillon/aip/page_token.h"
#include "carillon/base/clock.h"
#include "carillon/control/caller.h"
#include "carillon/control/destination_reader.h"
#include "carillon/control/repository.h"
#include "carillon/control/standard_methods.h"
#include "carillon/deliverylog/attempt_store.h"
#include "carillon/store/event_log.h"
#include "carillon/v1/event_service.pb.h"

namespace carillon::control {

/// What calls look events up in. All outlive whoever looks.
struct EventSources {
  store::EventLog& events;
  deliverylog::AttemptStore* log = nullptr;  ///< null: it is off
  const base::Clock& clock;
  PostReading post;  ///< events are looked at there
};

/// GetEvent, ListEvents, ExplainEvent. What requests name was checked to be the caller's. Reads the
/// journal a piece at a time, within bounds, so that what deliveries read goes in between.
///
/// On the thread that reads; `done`, once, there or on any thread. Thread-safe; what is given
/// outlives it, and whatever is under way has been answered, or the log was stopped, before it
/// ends.
class EventMethods {
 public:
  using Done = Methods::Done;

  static constexpr size_t kMaxWalks = 4;  ///< calls that search the journal at once
  static constexpr size_t kMaxPage = 500;
  static constexpr size_t kMaxFullPage = 50;
  static constexpr size_t kMaxPageBytes = 2u << 20;   ///< of payloads, unless it is one event
  static constexpr uint64_t kMaxPositions = 100'000;  ///< that one page looks at
  static constexpr std::chrono::milliseconds kMaxTime{40};
  /// Of a search for an id that the delivery log does not know.
  static constexpr std::chrono::milliseconds kMaxSearch{500};

  EventMethods(const Repository& repository, EventSources sources)
      : repository_(repository), sources_(std::move(sources)) {}

  /// With a v1::Event. RATE_LIMITED: too many calls search.
  void Get(const v1::GetEventRequest& request, Done done);
  /// With a v1::ListEventsResponse. FIELD_INVALID, FILTER_INVALID, ORDER_BY_INVALID,
  /// PAGE_TOKEN_INVALID about the request; RATE_LIMITED as above.
  void List(const v1::ListEventsRequest& request, const Caller& caller, Done done);
  /// With a v1::ExplainEventResponse. Errors also as the delivery log has them.
  void Explain(const v1::ExplainEventRequest& request, Done done);

 private:
  /// A place among the calls that search; null: there is none.
  std::shared_ptr<void> Enter();

  const Repository& repository_;
  const EventSources sources_;
  std::atomic<size_t> walks_{0};
};

}  // namespace carillon::control
