#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/base/descriptor_budget.h"
#include "carillon/http/resolver.h"
#include "carillon/trial/trial.h"

namespace carillon::trial {

/// What a sender works with; clock and descriptors outlive it.
struct SenderOptions {
  const base::Clock& clock;
  base::DescriptorBudget* connections = nullptr;  ///< shared with deliveries; null: no bound
  http::ResolverOptions resolver;
  size_t max_response_head_bytes = 64 * 1024;
  std::string user_agent = "Carillon";
};

/// Sends trials. Thread-safe.
class Sender {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<TrialResult>)>;

  static constexpr size_t kMaxAtOnce = 16;  ///< in all
  static constexpr size_t kMaxOfTenant = 4;
  static constexpr size_t kMaxLookUps = 32;  ///< at once
  /// A look-up takes no longer: what has not come by then is an error.
  static constexpr std::chrono::seconds kLookUpTime{3};
  /// Of a response, kept.
  static constexpr size_t kHeadBytes = 16 * 1024;
  static constexpr size_t kBodyBytes = 16 * 1024;
  /// Of the header that marks a request as a trial; its value is `true`.
  static constexpr char kMark[] = "webhook-test";

  /// Makes the thread. Fails where the system's authorities cannot be read.
  static absl::StatusOr<std::unique_ptr<Sender>> Create(SenderOptions options);
  virtual ~Sender() = default;

  /// `done`, once: on a thread of its own, which must not be held up, or at once. However the
  /// attempt ended, that is its result. INVALID_ARGUMENT: its URL cannot be read. Errors of
  /// carillon/aip/error.h: RATE_LIMITED, too many at once; STOPPING.
  virtual void Send(Trial trial, Done done) = 0;
  /// Where a host leads, as net::Url has it, in text; looked up in the tenant's name. `done`, once,
  /// as above. NOT_FOUND: nowhere. UNAVAILABLE, DEADLINE_EXCEEDED: it cannot be found out now.
  /// Errors of carillon/aip/error.h: RATE_LIMITED, STOPPING.
  using LookUpDone = absl::AnyInvocable<void(absl::StatusOr<std::vector<std::string>>)>;
  virtual void LookUp(const std::string& host, const std::string& tenant, LookUpDone done) = 0;
  /// Answers what is under way with STOPPING. Not on its thread; once more does nothing.
  virtual void Stop() = 0;
};

}  // namespace carillon::trial
