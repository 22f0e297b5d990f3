#include "page_trail.h"

#include <charconv>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "carillon/base/text.h"

namespace carillon::control {

std::optional<PageTrail> PageTrail::Parse(std::string_view cursor) {
  std::vector<uint64_t> numbers;
  for (const auto part : absl::StrSplit(base::ToAbsl(cursor), ',')) {
    const char* const end = part.data() + part.size();
    const auto [at, error] = std::from_chars(part.data(), end, numbers.emplace_back());
    if (error != std::errc() || at != end) return std::nullopt;
  }
  if (numbers.size() < 2 || numbers.size() > kMaxBack + 2) return std::nullopt;
  PageTrail trail;
  trail.bound_ = numbers.front();
  trail.starts_.assign(numbers.begin() + 1, numbers.end());
  return trail;
}

std::string PageTrail::Encode() const {
  return absl::StrCat(bound_, ",", absl::StrJoin(starts_, ","));
}

PageTrail PageTrail::Next(uint64_t start) const {
  PageTrail next = *this;
  if (next.starts_.size() > kMaxBack) next.starts_.erase(next.starts_.begin());
  next.starts_.push_back(start);
  return next;
}

std::optional<PageTrail> PageTrail::Previous() const {
  if (starts_.size() < 2) return std::nullopt;
  PageTrail previous = *this;
  previous.starts_.pop_back();
  return previous;
}

}  // namespace carillon::control
