#include "shard_options.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "carillon/resource/proto_time.h"

namespace carillon::engine {
namespace {

/// At most one line in ten seconds for each resource; one in a minute where nothing had to wait.
void TellShortage(const http::LocalShortage& shortage, log::Logger& logger) {
  if (shortage.effect == model::ShortageEffect::kIdleClosed) {
    return logger.Limited("idle connections give way", std::chrono::minutes(1))
        .Warn(
            "more destinations are busy than connections fit into the file descriptors: idle "
            "ones are closed early");
  }
  logger.Limited(model::ResourceName(shortage.resource))
      .Warn("this machine is short of what deliveries need: they wait, and no attempt is counted",
            {{"resource", model::ResourceName(shortage.resource)},
             {"destination", shortage.label},
             {"error", shortage.error}});
}

delivery::KeepDetails DetailsOf(const v1::DeliveryLogSettings& settings) {
  switch (settings.details()) {
    case v1::LOG_DETAILS_ALL:
      return delivery::KeepDetails::kAll;
    case v1::LOG_DETAILS_NONE:
      return delivery::KeepDetails::kNone;
    default:
      return delivery::KeepDetails::kFailures;
  }
}

}  // namespace

DeliveryShardOptions OptionsOfShards(const resource::Config& config, size_t shards,
                                     const SharedByShards& shared) {
  const v1::DeliverySettings& settings = config.delivery;
  const size_t of_a_thread = (shards + settings.threads() - 1) / settings.threads();
  metrics::Metrics& metrics = shared.metrics;
  log::Logger& logger = shared.logger;
  DeliveryShardOptions options;
  options.dispatcher.caps = shared.caps;
  options.dispatcher.observer = &shared.observer;
  options.dispatcher.tracer = shared.tracer;
  options.dispatcher.history = {.sink = shared.log,
                                .statistics = shared.statistics,
                                .notices = shared.notices,
                                .details = DetailsOf(config.delivery_log),
                                .body_bytes = config.delivery_log.body_bytes()};
  options.dispatcher.tables = &shared.tables;
  options.dispatcher.max_memory_bytes = settings.max_memory_bytes() / of_a_thread;
  options.dispatcher.max_lane_bytes =
      std::min<size_t>(settings.max_lane_bytes(), options.dispatcher.max_memory_bytes);
  options.dispatcher.user_agent = "Carillon/" CARILLON_VERSION;
  options.courier.clock = &shared.clock;
  options.courier.egress = &shared.egress;
  options.courier.on_blocked = [&metrics] { metrics.CountGuardRefused(); };
  // The two enumerations name the same results in the same order.
  static_assert(http::kHandshakeResultCount == metrics::kTlsResultCount);
  options.courier.on_handshake = [&metrics](http::HandshakeResult result) {
    metrics.CountTlsHandshake(static_cast<metrics::TlsResult>(result));
  };
  options.courier.descriptors = &shared.connections;
  options.courier.on_shortage = [&metrics, &logger](const http::LocalShortage& shortage) {
    metrics.CountShortage(shortage.resource, shortage.effect);
    TellShortage(shortage, logger);
  };
  options.courier.idle_connection = std::chrono::duration_cast<std::chrono::milliseconds>(
      resource::ToChrono(settings.idle_connection_timeout()));
  options.courier.max_head_bytes = settings.max_response_head_bytes();
  options.on_token_fetch = [&metrics, &logger](const authorization::TokenFetch& fetch) {
    metrics.CountTokenFetch(fetch.error.empty());
    if (fetch.error.empty()) return;
    logger.Limited("token of " + fetch.label)
        .Warn("a destination has no token: what is due there fails",
              {{"destination", fetch.label}, {"error", fetch.error}});
  };
  return options;
}

}  // namespace carillon::engine
