#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/deliverylog/query.h"
#include "segment_catalog.h"
#include "segment_reader.h"

namespace carillon::deliverylog {

/// Answers queries from all segments, the newest first. Keeps files open, kMaxOpen at most. One
/// thread; what is given outlives it.
class QueryRunner {
 public:
  static constexpr size_t kMaxOpen = 16;

  QueryRunner(const SegmentCatalog& catalog, const base::Clock& clock)
      : catalog_(catalog), clock_(clock) {}

  /// DATA_LOSS: a segment is damaged; `damaged` says which, and the others can still be read.
  absl::StatusOr<Page> Find(const Query& query);
  std::optional<uint64_t> damaged() const { return damaged_; }
  /// Closes the files of segments that are gone.
  void CloseGone();

 private:
  struct Scan;
  absl::StatusOr<SegmentReader*> At(const SegmentEntry& segment);
  absl::Status FindIn(Scan& scan, size_t index);
  absl::Status Look(Scan& scan, size_t index, SegmentReader& reader, uint32_t row);
  absl::StatusOr<bool> HasLater(const Scan& scan, size_t index, uint32_t row, const Record& record);

  struct Opened {
    uint64_t first = 0;
    std::unique_ptr<SegmentReader> reader;
  };
  const SegmentCatalog& catalog_;
  const base::Clock& clock_;
  std::list<Opened> open_;  // the one that was used last comes first
  std::optional<uint64_t> damaged_;
};

}  // namespace carillon::deliverylog
