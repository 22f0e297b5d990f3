#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "carillon/base/text.h"
#include "carillon/schema/event_type.h"

namespace carillon::ingest {

/// The known event types, and what is registered of some of them. Immutable once it is shared;
/// swapped on reload.
class Catalog {
 public:
  Catalog() = default;
  Catalog(std::initializer_list<std::string_view> names) : Catalog(names.begin(), names.end()) {}
  template <typename Iterator>
  Catalog(Iterator first, Iterator last) {
    for (; first != last; ++first) insert(std::string(*first));
  }
  /// `types` has those of `registered` too.
  Catalog(const std::vector<std::string>& types, const schema::EventTypes& registered)
      : Catalog(types.begin(), types.end()) {
    for (const schema::EventTypePtr& type : registered) types_[type->name] = type;
  }

  void insert(std::string name) { types_.try_emplace(std::move(name)); }

  /// Null: it is not known. Points to null: nothing is registered of it.
  const schema::EventTypePtr* Find(std::string_view name) const {
    const auto found = types_.find(base::ToAbsl(name));
    return found == types_.end() ? nullptr : &found->second;
  }

 private:
  absl::flat_hash_map<std::string, schema::EventTypePtr> types_;
};

}  // namespace carillon::ingest
