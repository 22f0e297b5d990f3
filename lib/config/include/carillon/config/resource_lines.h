#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"

namespace carillon::config {

/// On which line of the file each of its resources begins, by name. 100,000 of them take 3 MB: a
/// name is known by its hash of 64 bits. A value.
class ResourceLines {
 public:
  /// The last of a name counts.
  void Add(std::string_view name, uint32_t line) { lines_[Hash(name)] = line; }
  /// From 1; nullopt: the file has none of that name.
  std::optional<uint32_t> Of(std::string_view name) const {
    const auto found = lines_.find(Hash(name));
    return found == lines_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  static uint64_t Hash(std::string_view name) { return absl::Hash<std::string_view>()(name); }

  absl::flat_hash_map<uint64_t, uint32_t> lines_;
};

}  // namespace carillon::config
