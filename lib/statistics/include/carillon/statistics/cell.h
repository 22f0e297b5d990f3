#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "carillon/model/outcome.h"
#include "carillon/statistics/sketch.h"

namespace carillon::statistics {

/// What came of attempts, and what was accepted: of one destination or tenant, or of all, within a
/// minute or longer. A value.
struct Cell {
  std::array<uint64_t, model::kOutcomeCount> attempts{};  ///< by outcome
  uint64_t delivered = 0;                                 ///< deliveries that arrived
  uint64_t dead = 0;                                      ///< deliveries that were given up
  uint64_t sent_bytes = 0;                                ///< of the bodies of requests
  uint64_t accepted = 0;                                  ///< events; of a tenant and of all
  uint32_t max_us = 0;                                    ///< the longest of `latency`
  Sketch latency;                                         ///< of attempts that a response came to

  uint64_t AllAttempts() const;
  void Merge(const Cell& other);

  void AppendTo(std::string& bytes) const;
  /// Adds a cell that was written by `AppendTo`. False: it is none, and what this one is then is
  /// not said.
  bool MergeFrom(std::string_view bytes);
  /// How many attempts such a cell has, without reading the rest; 0 if it is none.
  static uint64_t AttemptsIn(std::string_view bytes);

  friend bool operator==(const Cell&, const Cell&) = default;
};

}  // namespace carillon::statistics
