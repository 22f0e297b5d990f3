#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "carillon/resource/path.h"

namespace carillon::resource {

/// The names of one kind of thing, unique within a tenant.
class Names {
 public:
  /// `list`: what errors call the list (`destinations`).
  explicit Names(std::string_view list) : list_(list) {}

  /// Adds an error at `path` when the tenant has the name already.
  void Add(const std::string& tenant, const std::string& name, int index, const Path& path,
           Errors& errors);
  bool Has(const std::string& tenant, const std::string& name) const {
    return indices_.contains(std::pair(tenant, name));
  }
  /// All names of the tenant. Slow: for errors.
  std::vector<std::string_view> Of(const std::string& tenant) const;

 private:
  std::string_view list_;
  absl::flat_hash_map<std::pair<std::string, std::string>, int> indices_;
};

}  // namespace carillon::resource
