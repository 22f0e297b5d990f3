#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace carillon::config {

/// A YAML document as it was written: scalars are text that still knows whether it was quoted.
/// Aliases share the node they stand for.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  using Ptr = std::shared_ptr<const YamlNode>;
  struct Member {
    std::string name;
    Ptr value;
    uint32_t line = 0;  ///< of the name, from 1; 0 where it was not read from a text
  };

  Kind kind = Kind::kNull;
  bool plain = false;           ///< a scalar without quotes
  std::string text;             ///< of a scalar
  std::vector<Ptr> items;       ///< of a sequence
  std::vector<Member> members;  ///< of a map, in order, repetitions kept
  size_t weight = 1;            ///< nodes below and itself, aliases expanded
};

/// Most nodes of a file, aliases expanded, and how deep they may be nested.
inline constexpr size_t kMaxYamlNodes = 5'000'000;
inline constexpr size_t kMaxYamlDepth = 64;

/// Parses one document; an empty text is a null. INVALID_ARGUMENT with `line L, column C: what`.
/// All text of the tree is valid UTF-8, whatever escapes it was written with; the escapes are those
/// of YAML, and surrogate pairs as JSON writes them (`"\uD83D\uDE00"`).
absl::StatusOr<YamlNode::Ptr> ParseYaml(std::string_view text);

/// The same for any number of documents, at most `kMaxYamlDocuments`; a text without any has none.
inline constexpr size_t kMaxYamlDocuments = 10'000;
absl::StatusOr<std::vector<YamlNode::Ptr>> ParseYamlDocuments(std::string_view text);

}  // namespace carillon::config
