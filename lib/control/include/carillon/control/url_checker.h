#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "carillon/control/caller.h"
#include "carillon/control/standard_methods.h"
#include "carillon/control/view.h"
#include "carillon/guard/rules.h"
#include "carillon/net/url.h"
#include "carillon/trial/trial_sender.h"
#include "carillon/v1/destination_service.pb.h"

namespace carillon::control {

/// CheckUrl: a URL in its one spelling, where its host leads now, and whether the guard lets
/// requests through. Thread-safe; what is given outlives it, and whatever is under way has been
/// answered before it ends.
class UrlChecker {
 public:
  using Done = Methods::Done;
  static constexpr int kPerSecond = 5;              ///< calls of one principal
  static constexpr size_t kMaxPrincipals = 10'000;  ///< that are counted within a second
  static constexpr size_t kMaxAddresses = 32;       ///< that are shown

  UrlChecker(const View& view, trial::Sender& sender, const base::Clock& clock)
      : view_(view), sender_(sender), clock_(clock) {}

  /// `done`, once, on any thread, within trial::Sender::kLookUpTime. RATE_LIMITED: the principal
  /// asks too often, or too many hosts are being looked up.
  void Check(const v1::CheckUrlRequest& request, const Caller& caller, Done done);

 private:
  struct Window {
    int64_t second = 0;
    int count = 0;
  };
  bool MayAsk(const std::string& principal);

  const View& view_;
  trial::Sender& sender_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  absl::flat_hash_map<std::string, Window> asked_ ABSL_GUARDED_BY(mutex_);
};

/// The URL in its one spelling.
std::string ToText(const net::Url& url);
/// What the rules say of a URL whose host leads to `addresses`, or to nothing since `look_up` is an
/// error.
v1::CheckUrlResponse JudgeUrl(const net::Url& url, const guard::Rules& rules,
                              const absl::StatusOr<std::vector<std::string>>& look_up);

}  // namespace carillon::control
