#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/control/destination_reader.h"
#include "carillon/control/repository.h"
#include "carillon/control/resource_type.h"
#include "carillon/model/subscription.h"
#include "carillon/store/event_log.h"
#include "carillon/v1/subscription_service.pb.h"

namespace carillon::control {

/// PreviewSubscription: which of the newest events of a tenant a subscription would match, and what
/// keeps the others out. Reads the log from its end, as far as its bounds allow: a piece at a time,
/// so that what deliveries read goes in between. Nothing is written.
///
/// Thread-safe; what is given outlives it, and whatever is under way has been answered, or the log
/// was stopped, before it ends.
class SubscriptionPreview {
 public:
  using Done = Methods::Done;

  static constexpr int32_t kMaxEvents = 10'000;  ///< of the tenant
  static constexpr int32_t kDefaultEvents = 1'000;
  static constexpr int32_t kMaxResults = 100;
  static constexpr int32_t kDefaultResults = 20;
  static constexpr uint64_t kMaxPositions = 262'144;  ///< that are looked at, of all tenants
  static constexpr uint64_t kMaxBytes = 64u << 20;    ///< of events that are read, of all tenants
  static constexpr std::chrono::seconds kMaxTime{3};

  /// `subscriptions`: the type of MakeSubscriptionType.
  SubscriptionPreview(const Repository& repository, const ResourceType& subscriptions,
                      store::EventLog& events, const base::Clock& clock, PostReading post)
      : repository_(repository),
        subscriptions_(subscriptions),
        events_(events),
        clock_(clock),
        post_(std::move(post)) {}

  /// On the thread that reads. `done`, once, there or on any thread, with a
  /// PreviewSubscriptionResponse. RATE_LIMITED while another one is under way.
  void Preview(const v1::PreviewSubscriptionRequest& request, Done done);

 private:
  struct Scan;

  /// The subscription of the request, validated.
  absl::StatusOr<std::shared_ptr<const model::Subscription>> ReadGiven(
      const v1::PreviewSubscriptionRequest& request, const std::string& tenant) const;

  const Repository& repository_;
  const ResourceType& subscriptions_;
  store::EventLog& events_;
  const base::Clock& clock_;
  const PostReading post_;
  std::atomic<bool> busy_{false};
};

}  // namespace carillon::control
