#pragma once

#include <functional>

#include "carillon/base/container.h"

namespace carillon::resource {

/// What stands around a configuration and has a say in it. The empty one has none, so that a text
/// means the same everywhere (tests). A value.
struct Surroundings {
  /// Returns the value of an environment variable, or null when it is not set. When the function
  /// itself is empty, no variable is set.
  std::function<const char*(const char* name)> variable;
  /// Defaults of bounds on memory and of threads keep within these.
  base::ContainerLimits limits;
};

}  // namespace carillon::resource
