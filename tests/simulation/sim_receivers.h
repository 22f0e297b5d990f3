#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "carillon/base/random.h"
#include "carillon/model/outcome.h"
#include "sim_parts.h"

namespace carillon::delivery {

/// How each receiver `d<i>` answers: well, late, badly or not at all, until it changes. One thread.
class SimReceivers {
 public:
  explicit SimReceivers(base::Random& random) : random_(random) {}

  /// Gives `d<i>` another mode, or the same.
  void Change(size_t i) { modes_["d" + std::to_string(i)] = static_cast<Mode>(Below(9)); }

  /// The end of an attempt; now and then it is this machine's own shortage, whoever the receiver
  /// is.
  SimCourier::End Answer(const SimCourier::Flight& flight) {
    const std::chrono::microseconds quick(500 + Below(5000));
    if (Below(40) == 0) return kShortage;
    switch (modes_.at(flight.host.substr(0, flight.host.find('.')))) {
      case Mode::kHealthy:
        return {.after = quick};
      case Mode::kSlow:
        return {.after = std::chrono::milliseconds(50 + Below(400))};
      case Mode::kFailing:
        return {.status = 503, .after = quick};
      case Mode::kBlackHole:
        return {model::Outcome::kResponseTimeout, 0, std::chrono::milliseconds(500)};
      case Mode::kRefusing:
        return {model::Outcome::kConnectRefused, 0, std::chrono::microseconds(Below(100))};
      case Mode::kFlaky:
        return {.status = static_cast<uint16_t>(Below(2) == 0 ? 200 : 500), .after = quick};
      case Mode::kThrottling:
        return Throttle(quick);
      case Mode::kShort:
        return Below(4) == 0 ? SimCourier::End{.after = quick} : kShortage;
      case Mode::kGone:
        return {.status = static_cast<uint16_t>(Below(3) == 0 ? 410 : 200), .after = quick};
    }
    return {};
  }

 private:
  enum class Mode {
    kHealthy,
    kSlow,
    kFailing,
    kBlackHole,
    kRefusing,
    kFlaky,
    kThrottling,
    kGone,
    kShort
  };
  inline static const SimCourier::End kShortage{model::Outcome::kLocalShortage, 0,
                                                std::chrono::microseconds(10)};

  uint64_t Below(uint64_t n) { return random_.Next() % n; }

  SimCourier::End Throttle(std::chrono::microseconds after) {
    constexpr uint16_t kStatuses[] = {429, 502, 503, 504};
    SimCourier::End end{.status = kStatuses[Below(4)], .after = after};
    const uint64_t wait = Below(6);  // from below the shortest pause to beyond the cap
    if (wait < 5) end.retry_after = std::to_string(wait);
    if (wait == 4) end.retry_after = "later";
    return end;
  }

  base::Random& random_;
  std::map<std::string, Mode> modes_;
};

}  // namespace carillon::delivery
