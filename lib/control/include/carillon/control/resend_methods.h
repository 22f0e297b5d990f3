#pragma once

#include <memory>
#include <string>

#include "carillon/base/clock.h"
#include "carillon/control/caller.h"
#include "carillon/control/repeatable_calls.h"
#include "carillon/control/repository.h"
#include "carillon/control/standard_methods.h"
#include "carillon/operations/operations.h"
#include "carillon/operations/replay.h"
#include "carillon/v1/delivery_service.pb.h"

namespace carillon::control {

/// Deliveries that are made again: one, those that a filter finds, or what a replay finds; and
/// those that are purged. What requests name was checked to be the caller's. No call blocks;
/// `done`, once, on any thread, with the response, or an error of carillon/aip/error.h.
/// Thread-safe; what is given outlives it, and whatever is under way has been answered before it
/// ends.
class ResendMethods {
 public:
  using Done = Methods::Done;
  static constexpr int64_t kExactCount = 10'000;     ///< of what a dry run counts
  static constexpr int64_t kMaxCountScan = 100'000;  ///< events that it looks at
  static constexpr int kMaxSample = 100;

  ResendMethods(Repository& repository, operations::Operations& operations,
                const operations::DeliveryTools& tools, const base::Clock& clock)
      : calls_(repository), operations_(operations), tools_(tools), clock_(clock) {}

  void Resend(const v1::ResendDeliveryRequest& request, const Caller& caller, Done done);
  void ResendAll(const v1::ResendDeliveriesRequest& request, const Caller& caller, Done done);
  void PurgeAll(const v1::PurgeDeliveriesRequest& request, const Caller& caller, Done done);
  void Replay(const v1::ReplayEventsRequest& request, const Caller& caller, Done done);

 private:
  void ResendNow(const std::string& name, Done done);

  RepeatableCalls calls_;
  operations::Operations& operations_;
  const operations::DeliveryTools tools_;
  const base::Clock& clock_;
};

}  // namespace carillon::control
