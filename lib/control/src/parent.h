#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "carillon/aip/resource_name.h"

// What resources are in: a tenant, or nothing.
namespace carillon::control {

/// The ids in the name of the parent of resources of that pattern; empty where they have none, and
/// `parent` is empty. nullopt: it is no parent of such. With `wildcards` as `NamePattern::Match`.
std::optional<std::vector<std::string>> MatchParent(const aip::NamePattern& pattern,
                                                    const std::string& parent,
                                                    bool wildcards = false);
/// FIELD_INVALID about `parent`.
absl::Status WrongParent(const aip::NamePattern& pattern);

}  // namespace carillon::control
