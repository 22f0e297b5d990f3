#pragma once

#include "carillon/aip/page_token.h"
#include "carillon/base/clock.h"
#include "carillon/control/caller.h"
#include "carillon/control/standard_methods.h"
#include "carillon/deliverylog/attempt_store.h"
#include "carillon/v1/delivery_service.pb.h"

namespace carillon::control {

/// Deliveries and their attempts, as the delivery log has them. What requests name was checked to
/// be the caller's. No call blocks; `done`, once, on the log's reading thread or the caller's, with
/// the response, or an error of carillon/aip/error.h. Thread-safe.
class DeliveryMethods {
 public:
  using Done = Methods::Done;
  static constexpr size_t kMaxAttempts = 100;  ///< of one delivery that are shown
  static constexpr size_t kMaxFull = 100;      ///< of a page with the full view

  /// `log` null: it is off, and every call says so. All outlive it.
  DeliveryMethods(deliverylog::AttemptStore* log, const aip::PageTokens& tokens,
                  const base::Clock& clock)
      : log_(log), tokens_(tokens), clock_(clock) {}

  void Get(const v1::GetDeliveryRequest& request, Done done) const;
  void List(const v1::ListDeliveriesRequest& request, const Caller& caller, Done done) const;
  void Count(const v1::CountDeliveriesRequest& request, const Caller& caller, Done done) const;
  void GetAttempt(const v1::GetAttemptRequest& request, Done done) const;
  void ListAttempts(const v1::ListAttemptsRequest& request, const Caller& caller, Done done) const;

 private:
  deliverylog::AttemptStore* const log_;
  const aip::PageTokens& tokens_;
  const base::Clock& clock_;
};

}  // namespace carillon::control
