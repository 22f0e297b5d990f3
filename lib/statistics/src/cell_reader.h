#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/sqlite/database.h"
#include "carillon/statistics/stats_query.h"
#include "file_format.h"

namespace carillon::statistics {

/// Answers queries from the file, by a connection of its own. One thread.
class CellReader {
 public:
  CellReader(std::string path, const base::Clock& clock) : path_(std::move(path)), clock_(clock) {}

  /// As of one moment. OUT_OF_RANGE: it needs too much work. DATA_LOSS: the file is damaged. Others
  /// as those of sqlite::Database.
  absl::StatusOr<Result> Find(const Query& query);
  /// The file is another one from now on.
  void Close();

 private:
  /// What is read: cells of `length`, from `start` on, `per_step` of them in each of `steps` steps.
  struct Plan {
    Length length = Length::kMinute;
    int64_t start = 0;
    int64_t per_step = 1;
    size_t steps = 0;
    int64_t end() const { return start + per_step * static_cast<int64_t>(steps); }
    size_t StepOf(int64_t at) const { return static_cast<size_t>((at - start) / per_step); }
  };
  /// Numbers of subjects, and which of the series of the result each belongs to.
  using Places = absl::flat_hash_map<uint32_t, size_t>;

  absl::Status Open();
  absl::StatusOr<Result> FindIn(const Query& query);
  absl::StatusOr<Plan> MakePlan(const Query& query);
  absl::Status ReadSubject(const Plan& plan, uint32_t subject, Series& series);
  absl::Status ReadGroups(const Query& query, const Plan& plan, Result& result);
  /// Numbers and names of those that the query groups by.
  absl::StatusOr<absl::flat_hash_map<uint32_t, Subject>> Members(const Query& query);
  absl::StatusOr<std::optional<uint32_t>> NumberOf(const Subject& subject);
  /// Visits (start, subject, bytes of the cell) of all cells of the plan.
  template <typename Visit>
  absl::Status Scan(const Plan& plan, Visit visit);
  absl::StatusOr<int64_t> KeptFrom(Length length);
  /// Counts a row that was read.
  absl::Status Work();

  const std::string path_;
  const base::Clock& clock_;
  std::optional<sqlite::Database> database_;
  size_t rows_left_ = 0;
  base::MonoTime until_{};
};

}  // namespace carillon::statistics
