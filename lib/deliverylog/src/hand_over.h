#pragma once

#include <cstddef>
#include <cstdint>

#include "carillon/base/byte_stripes.h"
#include "carillon/deliverylog/record.h"

namespace carillon::deliverylog {

/// What was handed over and is not yet written, as PutEntry writes it. Nobody waits. Thread-safe.
class HandOver {
 public:
  using Batches = base::ByteStripes::Batches;

  explicit HandOver(size_t max_bytes) : stripes_(max_bytes) {}

  /// Left out and counted when there is no room.
  void Add(uint32_t shard, const Entry& entry);
  /// See base::ByteStripes::Take.
  void Take(Batches& batches) { stripes_.Take(batches); }
  /// Entries that were left out.
  uint64_t dropped() const { return stripes_.dropped(); }

 private:
  base::ByteStripes stripes_;
};

}  // namespace carillon::deliverylog
