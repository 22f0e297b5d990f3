#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
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

/// Answers queries from all segments, the newest first. Keeps the files of the newest ones that
/// were asked for open, kMaxOpen at most: every query begins with these, and a query that goes
/// through all segments does not drive them out. One thread; what is given outlives it.
class QueryRunner {
 public:
  static constexpr size_t kMaxOpen = 32;

  QueryRunner(const SegmentCatalog& catalog, const base::Clock& clock)
      : catalog_(catalog), clock_(clock) {}

  /// DATA_LOSS: a segment is damaged; `damaged` says which, and the others can still be read.
  absl::StatusOr<Page> Find(const Query& query);
  std::optional<uint64_t> damaged() const { return damaged_; }
  /// Closes the files of segments that are gone.
  void CloseGone();

 private:
  struct Scan;
  /// Who holds it may go on reading when its place is another's.
  using ReaderPtr = std::shared_ptr<SegmentReader>;
  absl::StatusOr<ReaderPtr> At(const SegmentEntry& segment);
  absl::Status FindIn(Scan& scan, size_t index);
  /// Looks at the rows below `end` of a segment that is written to, a stretch at a time.
  absl::Status FindInTail(Scan& scan, size_t index, SegmentReader& reader,
                          const SegmentReader::Wanted& wanted, uint32_t end);
  /// Looks at those of `rows`, or of all if they are unset, that are below `end`.
  absl::Status LookAt(Scan& scan, size_t index, SegmentReader& reader,
                      const std::optional<std::vector<uint32_t>>& rows, uint32_t end);
  absl::Status Look(Scan& scan, size_t index, SegmentReader& reader, uint32_t row);
  absl::StatusOr<bool> HasLater(const Scan& scan, size_t index, uint32_t row, const Record& record);

  const SegmentCatalog& catalog_;
  const base::Clock& clock_;
  std::map<uint64_t, ReaderPtr> open_;  // by the first sequence
  std::optional<uint64_t> damaged_;
};

}  // namespace carillon::deliverylog
