#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "begun.h"

namespace carillon::delivery {

/// The marks of one lane's stuck groups, which lie in the journal (see store::Due): whether
/// it is to be asked which there are, and which were taken away. One question at a time; an answer
/// may have been read before removals that are durable by now. One thread.
class StuckMarks {
 public:
  /// They are to be looked at (again); `any`: there can be one.
  void Want(bool any) { wanted_ = any; }
  /// Whether to ask the journal, now: they are, and no answer is awaited. An answer on its way may
  /// not hold what is durable by now.
  bool MayAsk() const { return wanted_ && !asking_; }
  using Asking = Begun<StuckMarks>;
  Asking BeginAsking() {
    wanted_ = false;
    asking_ = true;
    ++asked_;
    return {};
  }
  /// A mark of the answer holds nothing any more. True where its removal is to be written; false:
  /// that is under way.
  bool Remove(uint64_t position) {
    if (std::find(removed_.begin(), removed_.end(), position) != removed_.end()) return false;
    removed_.push_back(position);
    return true;
  }
  /// The answer was looked at. True: it may be outdated, `Want` them again.
  bool EndAsking(Asking asking) {
    asking.End();
    asking_ = false;
    for (const uint64_t position : durable_) std::erase(removed_, position);
    return !std::exchange(durable_, {}).empty();
  }
  /// Questions so far; all are answered but the one under way.
  uint64_t asked() const { return asked_; }
  uint64_t answered() const { return asked_ - (asking_ ? 1 : 0); }
  /// Those whose removal is not durable, as far as is known.
  size_t under_way() const { return removed_.size(); }
  /// The removal of a mark is durable.
  void OnRemoved(uint64_t position) {
    if (asking_) {
      durable_.push_back(position);
    } else {
      std::erase(removed_, position);
    }
  }

 private:
  bool wanted_ = false;
  bool asking_ = false;
  uint64_t asked_ = 0;
  std::vector<uint64_t> removed_;  // whose removal is not durable, or was not when it was asked
  std::vector<uint64_t> durable_;  // of these: durable since
};

}  // namespace carillon::delivery
