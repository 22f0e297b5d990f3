#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "located_yaml.h"

namespace carillon::config {

/// Changes to a text, in any order; none reaches into another. The text outlives them.
class TextEdits {
 public:
  explicit TextEdits(std::string_view text) : text_(text) {}

  /// Those that insert at one place do so in the order in which they were asked for.
  void Replace(size_t begin, size_t end, std::string with) {
    edits_.push_back({begin, end, std::move(with)});
  }
  void Insert(size_t at, std::string what) { Replace(at, at, std::move(what)); }
  bool empty() const { return edits_.empty(); }
  /// The text with all of them.
  std::string Apply() const;

 private:
  struct Edit {
    size_t begin;
    size_t end;
    std::string with;
  };
  std::string_view text_;
  std::vector<Edit> edits_;
};

// Where things of a YAML text stand.

size_t BeginOfLine(std::string_view text, size_t at);
/// Where the line's end stands, before its LF or CR LF.
size_t EndOfLine(std::string_view text, size_t at);
/// One behind the last byte of a member's name, quotes included. Nullopt when it is written in
/// another way (`? name`, an alias).
std::optional<size_t> EndOfName(std::string_view text, const LocatedNode::Member& member);
/// One behind the last byte of a scalar in one line, or of an alias; an anchor before it belongs to
/// it. Nullopt for all others.
std::optional<size_t> EndOfValue(std::string_view text, const LocatedPlace& place);

}  // namespace carillon::config
