#include "text_edits.h"

#include <algorithm>
#include <utility>

namespace carillon::config {
namespace {

/// One behind the closing quote of what begins with `quote` at `begin`.
size_t EndOfQuoted(std::string_view text, size_t begin) {
  const char quote = text[begin];
  size_t at = begin + 1;
  while (at < text.size()) {
    if (text[at] == '\\' && quote == '"') {
      at += 2;
    } else if (text[at] != quote) {
      ++at;
    } else if (quote == '\'' && text.substr(at + 1).starts_with('\'')) {
      at += 2;
    } else {
      break;
    }
  }
  return std::min(at + 1, text.size());
}

bool IsQuote(char c) { return c == '\'' || c == '"'; }

/// Where the scalar itself begins: behind its anchor and tag.
size_t BehindProperties(std::string_view text, size_t at) {
  while (at < text.size() && (text[at] == '&' || text[at] == '!')) {
    at = std::min(text.find_first_of(" \t\r\n", at), text.size());
    at = std::min(text.find_first_not_of(" \t", at), text.size());
  }
  return at;
}

}  // namespace

std::string TextEdits::Apply() const {
  std::vector<const Edit*> sorted;
  for (const Edit& edit : edits_) sorted.push_back(&edit);
  // Those at one place stay in the order in which they stand in the vector.
  std::ranges::sort(sorted, {}, [](const Edit* edit) { return std::pair(edit->begin, edit); });
  std::string out;
  size_t copied = 0;
  for (const Edit* edit : sorted) {
    out.append(text_.substr(copied, edit->begin - copied)).append(edit->with);
    copied = edit->end;
  }
  return out.append(text_.substr(copied));
}

size_t BeginOfLine(std::string_view text, size_t at) {
  const size_t end = text.substr(0, at).rfind('\n');
  return end == text.npos ? 0 : end + 1;
}

size_t EndOfLine(std::string_view text, size_t at) {
  return std::min(text.find_first_of("\r\n", at), text.size());
}

std::optional<size_t> EndOfName(std::string_view text, const LocatedNode::Member& member) {
  const size_t begin = member.begin;
  if (begin >= text.size()) return std::nullopt;
  size_t end = begin + member.name.size();
  if (IsQuote(text[begin])) {
    end = EndOfQuoted(text, begin);
  } else if (text.substr(begin, member.name.size()) != member.name) {
    return std::nullopt;
  }
  const size_t colon = text.find_first_not_of(" \t", end);
  return colon != text.npos && text[colon] == ':' ? std::optional(end) : std::nullopt;
}

std::optional<size_t> EndOfValue(std::string_view text, const LocatedPlace& place) {
  if (place.begin >= text.size()) return std::nullopt;
  if (place.alias) return std::min(text.find_first_of(" \t\r\n,[]{}", place.begin), text.size());
  if (place.node->kind != YamlNode::Kind::kScalar) return std::nullopt;
  const size_t begin = BehindProperties(text, place.begin);
  if (begin >= text.size()) return std::nullopt;
  size_t end = begin + place.node->text.size();
  if (IsQuote(text[begin])) {
    end = EndOfQuoted(text, begin);
  } else if (!place.node->plain ||
             text.substr(begin, place.node->text.size()) != place.node->text) {
    return std::nullopt;
  }
  return end <= EndOfLine(text, place.begin) ? std::optional(end) : std::nullopt;
}

}  // namespace carillon::config
