#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace carillon::base {

/// What the container that the process runs in lets it have. A member is not set where there is no
/// limit. A value.
struct ContainerLimits {
  std::optional<uint64_t> memory_bytes;
  std::optional<double> cores;  ///< the quota of processor time, in cores; may be a fraction
  friend bool operator==(const ContainerLimits&, const ContainerLimits&) = default;
};

/// Reads the limits of the process's control groups, versions 1 and 2: the lowest of its group and
/// those above it that can be seen. What can't be read is no limit. `root` stands before every
/// path: a folder in tests. Reads a few small files; any thread.
ContainerLimits ReadContainerLimits(const std::string& root = "");

}  // namespace carillon::base
