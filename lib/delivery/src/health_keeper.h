#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/http/courier.h"
#include "carillon/model/disabled_reason.h"
#include "carillon/model/outcome.h"
#include "carillon/policy/breaker.h"
#include "carillon/policy/retry.h"
#include "carillon/store/lane_state.h"
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
  using CallPtr = std::shared_ptr<const store::OwnerCall>;

  HealthKeeper(const base::Clock& clock, base::Random& random, const Router& router,
               Notifier& notifier)
      : clock_(clock), random_(random), router_(router), notifier_(notifier) {}

  /// An attempt ended so: the lane's pace follows, and its breaker.
  void OnEnd(Lane& lane, model::Outcome outcome, const http::Response& response);
  /// The same, once it is decided what follows. `retries_ended`: its deliveries are dead.
  void OnResult(Lane& lane, const policy::Failure& result, bool retries_ended);
  /// The configuration of the lane is new to it: its owner may have switched it on or off.
  void FollowSwitch(Lane& lane);

  /// The lane is new: its owner may have paused it before.
  void Restore(Lane& lane);

  /// Its owner calls. Not of one that its configuration disables.
  void EnableByCall(Lane& lane, CallPtr call);
  void DisableByCall(Lane& lane, CallPtr call);
  /// Both not of one that is disabled. `pause`: how long; nullopt: no end.
  void PauseByCall(Lane& lane, CallPtr call, std::optional<std::chrono::nanoseconds> pause);
  void ResumeByCall(Lane& lane, CallPtr call);

 private:
  void Disable(Lane& lane, model::DisabledReason why, CallPtr call = nullptr);
  void Enable(Lane& lane, CallPtr call = nullptr);
  void Resume(Lane& lane, CallPtr call);
  void SetMode(Lane& lane);

  const base::Clock& clock_;
  base::Random& random_;
  const Router& router_;
  Notifier& notifier_;
};

}  // namespace carillon::delivery
