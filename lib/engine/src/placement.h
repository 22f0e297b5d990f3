#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace carillon::engine {

/// On which delivery thread each destination is, and at which place of the thread's table: on the
/// one that it was first given, which then had the fewest. It keeps its place for as long as it is
/// configured; another may get it afterwards.
class Placement {
 public:
  using FullName = std::pair<std::string, std::string>;  // tenant, name
  struct Assignment {
    size_t thread = 0;
    uint32_t place = 0;
  };
  using Assignments = std::vector<std::pair<FullName, Assignment>>;

  /// What a change takes out and adds. A value: it can be dropped when the change can't be taken.
  struct Change {
    Assignments removed;
    Assignments added;
  };

  /// `threads`: more than none.
  explicit Placement(size_t threads) : threads_(threads) {}

  /// Null: it is not placed.
  const Assignment* Find(const FullName& name) const;
  /// Finds places for `added`; those of `removed`, which are placed, are not among them yet.
  Change Plan(std::vector<FullName> removed, std::vector<FullName> added) const;
  /// The change is in force. Nothing was committed since it was planned.
  void Commit(Change change);

 private:
  struct Thread {
    size_t destinations = 0;
    uint32_t places = 0;         ///< that were ever given
    std::vector<uint32_t> free;  ///< of these
  };

  std::vector<Thread> threads_;
  absl::flat_hash_map<FullName, Assignment> assignments_;
};

}  // namespace carillon::engine
