#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "carillon/base/byte_stripes.h"
#include "carillon/statistics/statistics_sink.h"

namespace carillon::statistics {

/// What was handed over and is not yet counted. Nobody waits. Thread-safe.
class EntryQueue {
 public:
  using Batches = base::ByteStripes::Batches;
  /// Of a name, at most: what is longer is cut.
  static constexpr size_t kMaxName = 255;

  explicit EntryQueue(size_t max_bytes) : stripes_(max_bytes) {}

  /// Left out and counted when there is no room.
  void Add(uint32_t shard, const Entry& entry);
  /// See base::ByteStripes::Take.
  void Take(Batches& batches) { stripes_.Take(batches); }
  /// Takes an entry from the front of a batch; its views are of the batch. False: at the end.
  static bool Next(std::string_view& batch, Entry& entry);
  /// Entries that were left out.
  uint64_t dropped() const { return stripes_.dropped(); }

 private:
  base::ByteStripes stripes_;
};

}  // namespace carillon::statistics
