#pragma once

#include <string>

#include "carillon/delivery/dispatcher.h"
#include "carillon/http/courier.h"
#include "carillon/metrics/metrics.h"
#include "carillon/model/destination.h"
#include "carillon/net/url.h"
#include "carillon/store/lane_state.h"
#include "lane_map.h"
#include "lane_scheduler.h"
#include "router.h"

namespace carillon::delivery {

/// Makes lanes for destinations that are new, and keeps what they send by their configuration.
/// Dispatcher's thread; what is given outlives it.
class LaneMaker {
 public:
  LaneMaker(const DispatcherOptions& options, http::Courier& courier, metrics::Metrics& metrics,
            LaneMap& lanes, LaneScheduler& scheduler, Router& router)
      : max_lane_bytes_(options.max_lane_bytes),
        user_agent_(options.user_agent),
        courier_(courier),
        metrics_(metrics),
        lanes_(lanes),
        scheduler_(scheduler),
        router_(router) {}

  /// `state`: what the journal has of it. `Lane::Bind` follows, then `Open`.
  Lane& Make(const model::Destination& destination, const store::LaneState& state);
  /// The lane is bound for the first time; `url` is its destination's.
  void Open(Lane& lane, const net::Url& url);
  /// Its destination is another than before.
  void Update(Lane& lane, const net::Url& url);

 private:
  const size_t max_lane_bytes_;
  const std::string user_agent_;
  http::Courier& courier_;
  metrics::Metrics& metrics_;
  LaneMap& lanes_;
  LaneScheduler& scheduler_;
  Router& router_;
};

}  // namespace carillon::delivery
