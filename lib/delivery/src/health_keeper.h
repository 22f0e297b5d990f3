#pragma once

#include "carillon/base/clock.h"
#include "carillon/model/disabled_reason.h"
#include "carillon/policy/breaker.h"
#include "carillon/policy/retry.h"
#include "lane.h"
#include "notifier.h"
#include "router.h"

namespace carillon::delivery {

/// Decides which destinations are disabled and enabled again, puts their lanes in the mode that
/// follows from that, and reports it, as well as breakers that open and close. The lane's health is
/// reported with its rows. The caller calls `Touched` afterwards. Dispatcher's thread; what is
/// given outlives it.
class HealthKeeper {
 public:
  HealthKeeper(const base::Clock& clock, const Router& router, Notifier& notifier)
      : clock_(clock), router_(router), notifier_(notifier) {}

  /// Its breaker changed with the end of an attempt.
  void OnBreaker(Lane& lane, policy::Breaker::Change change);
  /// An attempt ended so. `retries_ended`: and its deliveries are dead.
  void OnResult(Lane& lane, const policy::Failure& result, bool retries_ended);
  /// The configuration of the lane is new to it: its owner may have switched it on or off.
  void FollowSwitch(Lane& lane);

 private:
  void Disable(Lane& lane, model::DisabledReason why);
  void Enable(Lane& lane);
  void SetMode(Lane& lane);

  const base::Clock& clock_;
  const Router& router_;
  Notifier& notifier_;
};

}  // namespace carillon::delivery
