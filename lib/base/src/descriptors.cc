#include "carillon/base/descriptors.h"

#include <dirent.h>
#include <sys/resource.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace carillon::base {
namespace {

constexpr rlim_t kMostDescriptors = 1u << 18;

constexpr size_t kStore = 16;       // database, its write-ahead file, for each connection; lock
constexpr size_t kServers = 24;     // event loops of the admin port, gRPC, and names; listeners
constexpr size_t kPerThread = 4;    // the event loop of a delivery thread
constexpr size_t kForMoments = 24;  // files of a reload, name look-ups, /proc
constexpr size_t kLeast = 4;        // of a port's connections
constexpr size_t kLeastDestinations = 8;

}  // namespace

absl::StatusOr<DescriptorShares> ShareDescriptors(size_t limit, size_t open, size_t threads) {
  DescriptorShares shares{.limit = limit};
  shares.own = open + kStore + kServers + kPerThread * threads + kForMoments;
  const size_t needed = shares.own + 2 * kLeast + kLeastDestinations;
  if (limit < needed) {
    return absl::FailedPreconditionError(absl::StrCat(
        "at most ", limit, " file descriptors may be open, and at least ", needed,
        " are needed to start with ", threads, " delivery threads (", shares.own,
        " of its own, some open for a moment only, and ", needed - shares.own,
        " for connections): raise the hard limit (ulimit -n, LimitNOFILE= of a systemd unit)"));
  }
  const size_t rest = limit - shares.own;
  shares.admin = std::clamp<size_t>(rest / 16, kLeast, 256);
  shares.publishers = std::clamp<size_t>(rest / 8, kLeast, 8192);
  shares.destinations = rest - shares.admin - shares.publishers;
  return shares;
}

size_t RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlimit before = limit;
  limit.rlim_cur = std::max(before.rlim_cur, std::min(before.rlim_max, kMostDescriptors));
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) limit = before;
  return static_cast<size_t>(std::min(limit.rlim_cur, kMostDescriptors));
}

size_t OpenDescriptors() {
  DIR* dir = ::opendir("/proc/self/fd");
  if (dir == nullptr) return 0;
  size_t count = 0;
  while (const dirent* entry = ::readdir(dir)) {
    if (entry->d_name[0] != '.') ++count;
  }
  ::closedir(dir);
  return count - 1;  // without the one that reads the folder
}

}  // namespace carillon::base
