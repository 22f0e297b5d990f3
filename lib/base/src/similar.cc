#include "carillon/base/similar.h"

#include <algorithm>
#include <utility>

namespace carillon::base {
namespace {

constexpr size_t kMaxSuggestions = 3;
constexpr size_t kMaxNameBytes = 128;

/// Levenshtein's distance.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::vector<std::string_view> Similar(std::string_view name,
                                      const std::vector<std::string_view>& known) {
  if (name.size() > kMaxNameBytes) return {};
  const size_t limit = std::max<size_t>(1, name.size() / 3);
  std::vector<std::pair<size_t, std::string_view>> close;
  for (const std::string_view candidate : known) {
    if (candidate.size() > name.size() + limit || name.size() > candidate.size() + limit) continue;
    const size_t distance = Distance(name, candidate);
    if (distance <= limit) close.emplace_back(distance, candidate);
  }
  std::ranges::sort(close);
  std::vector<std::string_view> best;
  for (const auto& [distance, candidate] : close) {
    if (best.size() == kMaxSuggestions) break;
    best.push_back(candidate);
  }
  return best;
}

std::string DidYouMean(std::string_view name, const std::vector<std::string_view>& known) {
  std::string text;
  for (const std::string_view candidate : Similar(name, known)) {
    text += text.empty() ? "; did you mean '" : " or '";
    text += candidate;
    text += "'";
  }
  return text.empty() ? text : text + "?";
}

}  // namespace carillon::base
