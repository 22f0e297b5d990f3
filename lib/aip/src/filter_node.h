#pragma once

#include <optional>
#include <vector>

#include "carillon/aip/list_filter.h"

namespace carillon::aip {

/// A part of a filter. A value.
struct FilterNode {
  enum class Kind { kAnd, kOr, kNot, kRestriction };
  Kind kind = Kind::kAnd;
  std::vector<FilterNode> children;        ///< of kNot: one
  std::optional<Restriction> restriction;  ///< of kRestriction
};

}  // namespace carillon::aip
