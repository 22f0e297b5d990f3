#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/metrics/metrics.h"
#include "carillon/store/stores.h"
#include "carillon/v1/config.pb.h"
#include "thread_host.h"

namespace carillon::engine {

/// Threads of the operating system, with the resolver and the TLS client that all of them share.
/// What is given outlives it.
absl::StatusOr<std::unique_ptr<ThreadHost>> MakeOsThreads(const v1::ResolverSettings& resolver,
                                                          const base::Clock& clock,
                                                          store::Stores stores,
                                                          metrics::Metrics& metrics);

}  // namespace carillon::engine
