#include "carillon/engine/resolver_options.h"

#include <chrono>

#include "carillon/resource/proto_time.h"

namespace carillon::engine {

http::ResolverOptions ResolverOptionsOf(const v1::ResolverSettings& settings) {
  const auto millis = [](const google::protobuf::Duration& duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(resource::ToChrono(duration));
  };
  http::ResolverOptions options;
  options.servers.assign(settings.servers().begin(), settings.servers().end());
  options.timeout = millis(settings.timeout());
  options.attempts = static_cast<int>(settings.attempts());
  options.ttl_min = millis(settings.ttl_min());
  options.ttl_max = millis(settings.ttl_max());
  options.negative_ttl = millis(settings.negative_ttl());
  options.stale = millis(settings.stale());
  return options;
}

}  // namespace carillon::engine
