#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "carillon/notices/notice.h"

namespace carillon::notices {

/// What a notice shares with those that it is merged with.
std::string MergeKey(const Notice& notice);
/// `older` happened again: as Sink::Add says.
Notice Merge(const Notice& older, Notice newer);

/// Notices that are not yet written, merged, in the order in which they happened last. One thread.
class PendingNotices {
 public:
  explicit PendingNotices(size_t max) : max_(max) {}

  /// False: there is no room, or its tenant has half of it: others shall have some, too.
  bool Add(Notice notice);
  /// All of them; none are left.
  std::vector<Notice> Take();
  bool empty() const { return notices_.empty(); }
  size_t size() const { return notices_.size(); }
  bool IsHalfFull() const { return notices_.size() >= half(); }

 private:
  struct Numbered {
    uint64_t number = 0;
    Notice notice;
  };
  size_t half() const { return max_ - max_ / 2; }

  size_t max_;
  uint64_t next_ = 0;
  absl::flat_hash_map<std::string, Numbered> notices_;
  absl::flat_hash_map<std::string, size_t> of_tenant_;  // how many of `notices_`
};

}  // namespace carillon::notices
