#pragma once

#include <string>
#include <utility>
#include <vector>

namespace carillon::model {

/// Keys and values that say something about a resource and change nothing about it; sorted by key.
using Labels = std::vector<std::pair<std::string, std::string>>;

}  // namespace carillon::model
