#pragma once

#include <chrono>
#include <string>

#include "carillon/base/clock.h"
#include "carillon/delivery/observer.h"
#include "carillon/log/limiter.h"
#include "carillon/log/log.h"

namespace carillon::delivery {

/// Says in the log why deliveries fail: one line for each destination and cause (outcome and
/// status), with address, phase and words; and what becomes of breakers, of what is disabled or
/// paused, of what is given up. Each at most once a minute; `suppressed` tells how many were left
/// out before. Of kMaxKeys kinds of lines within a minute those that come on top share one
/// allowance.
///
/// No line has a path, a header, a body or a credential in it. Thread-safe: one for all
/// dispatchers. Logger and clock outlive it.
class DeliveryLog final : public Observer {
 public:
  static constexpr size_t kMaxKeys = 4096;
  static constexpr std::chrono::seconds kInterval{60};

  DeliveryLog(log::Logger& logger, const base::Clock& clock) : logger_(logger), clock_(clock) {}

  void OnFailed(const model::Destination& destination, model::Outcome outcome,
                const http::Response& response, const model::Event& event) override;
  void OnBreakerOpened(const model::Destination& destination,
                       std::chrono::nanoseconds wait) override;
  void OnBreakerClosed(const model::Destination& destination) override;
  void OnDisabled(const model::Destination& destination, model::DisabledReason why) override;
  void OnEnabled(const model::Destination& destination) override;
  void OnPaused(const model::Destination& destination, const store::Health& health) override;
  void OnResumed(const model::Destination& destination, const store::Health& health) override;
  void OnGivenUp(const model::Destination& destination, const GivenUp& delivery) override;
  void OnKeptTooMuch(const model::Destination& destination, const KeptTooMuch& kept) override;
  void OnRemoved(const model::Destination& destination, const Removed& removed) override;

 private:
  /// How many were left out, when a line of this kind may be written.
  std::optional<uint64_t> Allow(const std::string& destination, std::string_view kind, int detail);

  log::Logger& logger_;
  const base::Clock& clock_;
  log::Limiter limiter_{kMaxKeys};
};

}  // namespace carillon::delivery
