#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/statistics/cell.h"

namespace carillon::statistics {

/// What statistics are about: a destination, with its tenant; a tenant, without a destination; or
/// all, with neither.
struct Subject {
  std::string tenant;
  std::string destination;
  /// Tells a destination from others that had its name: of one of the file it is empty. Unset, a
  /// query means the one that had the name last.
  std::optional<std::string> uid = std::nullopt;
  friend auto operator<=>(const Subject&, const Subject&) = default;
};

/// What there is one series for.
enum class GroupBy : uint8_t {
  kSubject,      ///< each subject that is named
  kDestination,  ///< each destination of the one subject: the kMaxGroups with the most attempts,
                 ///< and one series of all others
  kTenant,       ///< the same of tenants
};

/// What is asked for. Bounds of its numbers are the caller's matter, but for those of the work.
struct Query {
  static constexpr size_t kMaxGroups = 50;

  std::vector<Subject> subjects;  ///< one at least; exactly one unless grouped by subject
  GroupBy group_by = GroupBy::kSubject;
  base::WallTime from{};  ///< rounded down to a minute, or an hour (see Result)
  base::WallTime to{};    ///< rounded up to a whole step
  /// Whole minutes, 1 at least.
  std::chrono::minutes step{1};

  // Bounds of the work: one that needs more is answered OUT_OF_RANGE.
  size_t max_rows = 4'000'000;
  std::chrono::milliseconds max_time{1000};
};

/// Cells one after another, one for each step.
struct Series {
  Subject subject;
  bool others = false;  ///< the sum of what has no series of its own
  std::vector<Cell> cells;
};

/// The answer. Steps begin at `from`. If minutes are not kept any more for all of the time that was
/// asked for, hours are taken: `from` is rounded down to one, and `step` up to whole hours.
struct Result {
  std::vector<Series> series;  ///< in the order of the subjects, or by attempts, the others last
  base::WallTime from{};
  std::chrono::minutes step{1};
  /// What ended before was removed; the epoch: nothing was.
  base::WallTime kept_from{};
};

}  // namespace carillon::statistics
