#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "yaml_tree.h"

namespace carillon::config {

struct LocatedNode;

/// A node, and where in the text it is written, as an offset in bytes. Behind an alias is the node
/// that it stands for.
struct LocatedPlace {
  size_t begin = 0;
  bool alias = false;
  std::shared_ptr<const LocatedNode> node;
};

/// A YAML node that knows where it stands: for changing the text, where YamlNode is for reading it.
struct LocatedNode {
  struct Member {
    std::string name;
    size_t begin = 0;  ///< of the name
    LocatedPlace value;
  };

  YamlNode::Kind kind = YamlNode::Kind::kNull;
  bool plain = false;     ///< a scalar without quotes
  bool anchored = false;  ///< an alias may stand for it elsewhere
  bool flow = false;      ///< written in brackets or braces, or within a node that is
  std::string text;       ///< of a scalar; surrogate pairs in it are not decoded
  std::vector<LocatedPlace> items;
  std::vector<Member> members;
};

/// Parses one document that ParseYaml takes, within whose bounds it then is. INVALID_ARGUMENT as
/// that one's.
absl::StatusOr<LocatedPlace> ParseLocatedYaml(std::string_view text);

}  // namespace carillon::config
