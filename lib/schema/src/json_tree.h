#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carillon/json/scanner.h"

namespace carillon::schema {

/// One value of a JSON text.
struct JsonNode {
  enum class Kind : uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  uint32_t next = 0;      ///< behind the last that is in this one
  uint32_t count = 0;     ///< elements of an array, members of an object
  std::string_view name;  ///< of a member, decoded
  std::string_view text;  ///< of a string, decoded; of all others, as it is written
};

/// A JSON text as its values, each before those that are in it. `text` outlives the tree, and is
/// valid UTF-8. Takes some 80 bytes for each value. Used by one thread.
class JsonTree {
 public:
  /// Nullopt: it is not JSON, `error` says why.
  static std::optional<JsonTree> Parse(std::string_view text, std::optional<json::Error>& error);

  const JsonNode& operator[](uint32_t at) const { return nodes_[at]; }
  size_t size() const { return nodes_.size(); }
  /// The member of that name, the last one; nullopt: there is none.
  std::optional<uint32_t> Member(uint32_t object, std::string_view name) const;
  /// Calls `visit(index)` for each element or member.
  template <typename Visit>
  void ForEach(uint32_t container, Visit visit) const {
    for (uint32_t at = container + 1; at < nodes_[container].next; at = nodes_[at].next) visit(at);
  }

  /// Appends a text that is equal for equal values, whatever the order of members and however
  /// numbers and strings are written.
  void AppendCanonical(uint32_t at, std::string& out) const;

 private:
  friend class TreeBuilder;

  std::vector<JsonNode> nodes_;
  std::deque<std::string> decoded_;  ///< what had escapes
};

}  // namespace carillon::schema
