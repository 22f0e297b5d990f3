#pragma once

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/metrics/metrics.h"
#include "carillon/store/stores.h"
#include "carillon/v1/config.pb.h"
#include "thread_host.h"

namespace carillon::engine {

/// So many delivery threads of the operating system, and the engine's, with the resolver and the
/// TLS client that all of them share. What is given outlives it.
absl::StatusOr<std::unique_ptr<ThreadHost>> MakeOsThreads(size_t threads,
                                                          const v1::ResolverSettings& resolver,
                                                          const base::Clock& clock,
                                                          store::Stores stores,
                                                          metrics::Metrics& metrics);

}  // namespace carillon::engine
