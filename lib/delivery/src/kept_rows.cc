#include "kept_rows.h"

#include <algorithm>
#include <iterator>

namespace carillon::delivery {

bool KeptRows::Take(uint64_t position) {
  if (left_ == 0 || position < next_) return false;
  next_ = position + 1;
  if (IsForgotten(position)) return false;
  if (queued_ == 0 && !forgotten_.empty() && forgotten_.back().second <= next_) forgotten_.clear();
  --left_;
  return true;
}

bool KeptRows::Forget(uint64_t position) {
  const uint64_t next = next_;
  if (!Take(position)) return false;
  if (queued_ == 0) return true;  // it does not go back
  const auto after = ForgottenAfter(position);
  if (after != forgotten_.begin() && std::prev(after)->second == next) {
    std::prev(after)->second = position + 1;  // there is no row between
  } else {
    forgotten_.insert(after, {position, position + 1});
  }
  return true;
}

bool KeptRows::TakeOut(uint64_t position, uint64_t before) {
  if (left_ == 0 || position < next_ || IsForgotten(position)) return false;
  --left_;
  const auto after = ForgottenAfter(position);
  if (before > 0 && after != forgotten_.begin() && std::prev(after)->second > before) {
    std::prev(after)->second = position + 1;  // there is no row between
  } else {
    forgotten_.insert(after, {position, position + 1});
  }
  return true;
}

std::vector<KeptRows::Range>::iterator KeptRows::ForgottenAfter(uint64_t position) {
  return std::ranges::upper_bound(forgotten_, position, {}, &Range::first);
}

bool KeptRows::IsForgotten(uint64_t position) {
  const auto after = ForgottenAfter(position);
  return after != forgotten_.begin() && position < std::prev(after)->second;
}

}  // namespace carillon::delivery
