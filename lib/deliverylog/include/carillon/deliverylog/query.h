#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/deliverylog/record.h"
#include "carillon/model/outcome.h"

namespace carillon::deliverylog {

/// What is looked for. What is set must hold, all of it; the newest comes first.
struct Query {
  static constexpr size_t kMaxLimit = 1000;

  std::optional<std::string> tenant;
  std::optional<std::string> destination;
  std::optional<std::string> event_type;
  std::optional<std::string> event_id;
  std::optional<uint64_t> position;
  std::optional<model::Outcome> outcome;
  std::optional<State> state;
  std::optional<base::WallTime> from;  ///< started at or after it
  std::optional<base::WallTime> to;    ///< started before it
  /// Asked of what fulfills all of the above. If unset, all of it is taken.
  std::function<bool(const Record&)> matches;

  uint64_t before = UINT64_MAX;  ///< sequences below it
  uint64_t since = 0;            ///< sequences from it on
  size_t limit = 50;             ///< 1 to kMaxLimit
  /// Only the last attempt of each delivery. One that was delivered and sent again is there once
  /// for each time that it was delivered.
  bool last_only = false;
  bool details = false;
  /// Marks of purged deliveries, too. Without, they only hide what came before (`last_only`).
  bool marks = false;

  // Bounds of the work. A page that reaches one is short, and says where to go on.
  size_t max_rows = 100'000;
  std::chrono::milliseconds max_time{40};
};

/// A part of the answer.
struct Page {
  std::vector<Record> records;
  std::optional<uint64_t> next;  ///< `before` of the next page; not set when that was all
  base::WallTime scanned_to{};   ///< everything that started after it was looked at, roughly
};

}  // namespace carillon::deliverylog
