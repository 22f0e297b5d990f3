#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "carillon/base/clock.h"
#include "carillon/model/outcome.h"

namespace carillon::statistics {

/// Something to be counted. Views hold for the length of the call.
struct Entry {
  std::string_view tenant;
  std::string_view destination;           ///< empty: it is of the tenant only
  std::string_view uid;                   ///< tells it from others of its name; may be empty
  base::WallTime at{};                    ///< it counts in this minute
  std::optional<model::Outcome> outcome;  ///< of an attempt; if unset, there was none
  bool responded = false;                 ///< a response came to it
  uint32_t duration_us = 0;               ///< of the attempt
  uint32_t sent_bytes = 0;                ///< of its body
  uint32_t delivered = 0;                 ///< deliveries that arrived by it
  uint32_t dead = 0;                      ///< deliveries that were given up
  uint32_t accepted = 0;                  ///< events; of the tenant only
};

/// Takes what is to be counted. Thread-safe; never waits for a disk or for a reader, never fails:
/// what there is no room for is left out and counted.
class Sink {
 public:
  virtual ~Sink() = default;
  /// `shard` spreads callers over locks: those with different ones seldom meet.
  virtual void Add(uint32_t shard, const Entry& entry) = 0;
};

}  // namespace carillon::statistics
