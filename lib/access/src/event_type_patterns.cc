#include "carillon/access/event_type_patterns.h"

#include <algorithm>

namespace carillon::access {
namespace {

constexpr size_t kMaxPatternBytes = 128;

bool IsTypeLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

/// The pattern without its `*`; it ends in a dot, or is empty for `*`.
std::string_view Stem(std::string_view pattern) { return pattern.substr(0, pattern.size() - 1); }

bool IsOpen(std::string_view pattern) { return pattern.ends_with('*'); }

}  // namespace

bool IsTypePattern(std::string_view pattern) {
  if (pattern.empty() || pattern.size() > kMaxPatternBytes) return false;
  if (pattern == "*") return true;
  const std::string_view letters = pattern.ends_with(".*") ? Stem(pattern) : pattern;
  return letters != "." && std::ranges::all_of(letters, IsTypeLetter);
}

bool MatchesType(std::string_view pattern, std::string_view type) {
  return IsOpen(pattern) ? type.starts_with(Stem(pattern)) : type == pattern;
}

bool CoversPattern(std::string_view outer, std::string_view inner) {
  if (!IsOpen(inner)) return MatchesType(outer, inner);
  return IsOpen(outer) && Stem(inner).starts_with(Stem(outer));
}

}  // namespace carillon::access
