#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "carillon/statistics/statistics_sink.h"
#include "cell_file.h"
#include "subjects.h"

namespace carillon::statistics {

/// What was counted and is not yet written, by minute and destination. One thread.
class Counter {
 public:
  explicit Counter(Subjects& subjects) : subjects_(subjects) {}

  void Add(const Entry& entry);
  /// All of it, with the sums of tenants and of all, each subject touched.
  Cells Sums();
  void Clear();

  size_t cells() const { return cells_.size(); }
  /// What was added since it was cleared.
  uint64_t entries() const { return entries_; }
  /// Of these, how many were of destinations that have no number.
  uint64_t no_subject() const { return no_subject_; }

 private:
  Subjects& subjects_;
  absl::flat_hash_map<std::pair<int64_t, uint32_t>, Cell> cells_;
  uint64_t entries_ = 0;
  uint64_t no_subject_ = 0;
};

}  // namespace carillon::statistics
