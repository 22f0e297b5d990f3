#pragma once

#include <cstddef>

#include "absl/status/statusor.h"

namespace carillon::base {

/// How the descriptors that the process may have open are shared out, so that nobody's use of them
/// keeps another from its own: a thousand silent publishers do not stop `/healthz`, ten thousand
/// destinations do not stop publishing. Whoever opens descriptors by what comes from outside keeps
/// within its share; the rest (`own`) is for what the process needs whatever comes.
struct DescriptorShares {
  size_t limit = 0;  ///< all of them
  /// What is open anyhow (standard streams, what was inherited), the store, event loops, listening
  /// sockets; and what is open for a moment: files of the configuration, name look-ups, /proc.
  size_t own = 0;
  size_t admin = 0;         ///< connections of the admin port
  size_t publishers = 0;    ///< connections of the publish port
  size_t destinations = 0;  ///< connections to destinations, their proxies and token servers
};

/// Shares out `limit` descriptors where `open` of them are open before anything was started, and
/// `threads` delivery threads will run. Of what is left after `own`, the admin port has a
/// sixteenth (4 to 256), publishers an eighth (4 to 8192), destinations the rest, at least 8.
/// FAILED_PRECONDITION: too few to start; says how many are needed and how to raise the limit.
absl::StatusOr<DescriptorShares> ShareDescriptors(size_t limit, size_t open, size_t threads);

/// Raises the soft limit of the process (RLIMIT_NOFILE) to the hard one, at most 262,144; never
/// lowers it. Returns the limit in force. Once, at start.
size_t RaiseDescriptorLimit();

/// How many descriptors are open in the process now; 0 when that can't be told.
size_t OpenDescriptors();

}  // namespace carillon::base
