#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "carillon/model/destination.h"

namespace carillon::engine {

/// On which delivery thread each destination is: on the one that it was first given, which then had
/// the fewest. A value: what a change does can be dropped when the change can't be taken.
class Placement {
 public:
  using FullName = std::pair<std::string, std::string>;  // tenant, name

  /// `threads`: more than none.
  explicit Placement(size_t threads) : threads_(threads) {}

  /// Returns `destinations` by thread, each thread's in their order; `after` then contains them and
  /// no others.
  std::vector<std::vector<model::Destination>> Place(
      const std::vector<model::Destination>& destinations, Placement& after) const;

  /// Returns those that it contains and `after` does not.
  std::vector<FullName> NotIn(const Placement& after) const;

 private:
  size_t threads_;
  std::map<FullName, size_t> homes_;
};

}  // namespace carillon::engine
