#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace carillon::journal {

/// Lines for people, of which the first hundred are kept.
class Findings {
 public:
  void Add(std::string line) {
    if (++count_ <= kKept) lines_.push_back(std::move(line));
  }
  bool empty() const { return count_ == 0; }
  std::vector<std::string> Take() {
    if (count_ > kKept) lines_.push_back(absl::StrCat("... and ", count_ - kKept, " more"));
    return std::move(lines_);
  }

 private:
  static constexpr uint64_t kKept = 100;
  uint64_t count_ = 0;
  std::vector<std::string> lines_;
};

/// `position 7` or `positions 7 to 9`.
inline std::string PositionsText(uint64_t first, uint64_t last) {
  if (first == last) return absl::StrCat("position ", first);
  return absl::StrCat("positions ", first, " to ", last);
}

}  // namespace carillon::journal
