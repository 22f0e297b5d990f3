#pragma once

#include "carillon/base/clock.h"
#include "carillon/control/standard_methods.h"
#include "carillon/control/view.h"
#include "carillon/statistics/statistics_store.h"
#include "carillon/v1/stats_service.pb.h"

namespace carillon::control {

/// Statistics, as the service has counted them. What requests name was checked to be the caller's.
/// No call blocks; `done`, once, on the statistics' reading thread or the caller's, with the
/// response, or an error of carillon/aip/error.h. Thread-safe.
class StatsMethods {
 public:
  using Done = Methods::Done;
  static constexpr int64_t kMaxSteps = 1500;
  static constexpr int64_t kMaxPoints = 20'000;  ///< of all series together
  static constexpr int64_t kMaxSketches = 2000;  ///< the same, where they are asked for
  static constexpr int64_t kFewSteps = 120;      ///< if no step is given
  static constexpr int kMaxNames = 50;
  static constexpr int kMaxQuantiles = 10;

  /// `store` null: nothing is counted, and every call says so. `view` says who has a name now. All
  /// outlive it.
  StatsMethods(statistics::StatisticsStore* store, const View& view, const base::Clock& clock)
      : store_(store), view_(view), clock_(clock) {}

  void Get(const v1::GetStatsRequest& request, Done done) const;
  void BatchGet(const v1::BatchGetStatsRequest& request, Done done) const;

 private:
  statistics::StatisticsStore* const store_;
  const View& view_;
  const base::Clock& clock_;
};

}  // namespace carillon::control
