#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "carillon/store/settlement.h"

namespace carillon::engine {

/// The shard of a destination, of so many (more than none). Depends on nothing else, so that all
/// who share a store agree, today's versions and later ones.
store::ShardId ShardOf(std::string_view tenant, std::string_view name, size_t shards);

/// Who says in which shard a destination is.
enum class PlaceBy : uint8_t {
  kFewest,  ///< the one that it was first given, which then had the fewest
  kName,    ///< `ShardOf`
};

/// In which shard each destination is, and at which place of the shard's table. It keeps its place
/// for as long as it is configured; another may get it afterwards.
class Placement {
 public:
  using FullName = std::pair<std::string, std::string>;  // tenant, name
  struct Assignment {
    store::ShardId shard = 0;
    uint32_t place = 0;
  };
  using Assignments = std::vector<std::pair<FullName, Assignment>>;

  /// What a change takes out and adds. A value: it can be dropped when the change can't be taken.
  struct Change {
    Assignments removed;
    Assignments added;
  };

  /// `shards`: more than none.
  explicit Placement(size_t shards, PlaceBy by = PlaceBy::kFewest) : by_(by), shards_(shards) {}

  /// Null: it is not placed.
  const Assignment* Find(const FullName& name) const;
  /// Finds places for `added`; those of `removed`, which are placed, are not among them yet.
  Change Plan(std::vector<FullName> removed, std::vector<FullName> added) const;
  /// The change is in force. Nothing was committed since it was planned.
  void Commit(Change change);

 private:
  struct Shard {
    size_t destinations = 0;
    uint32_t places = 0;         ///< that were ever given
    std::vector<uint32_t> free;  ///< of these
  };

  const PlaceBy by_;
  std::vector<Shard> shards_;
  absl::flat_hash_map<FullName, Assignment> assignments_;
};

}  // namespace carillon::engine
