#pragma once

#include <cstddef>
#include <cstdint>

#include "carillon/deliverylog/record.h"
#include "carillon/notices/notice.h"
#include "carillon/statistics/statistics_sink.h"

namespace carillon::delivery {

/// Of which attempts the delivery log keeps more than the outcome: phases, addresses, heads, the
/// beginning of the response.
enum class KeepDetails : uint8_t {
  kNone,
  kFailures,  ///< and of each destination one success a minute, to compare with
  kAll,
};

/// What is told to the delivery log, to whoever counts, and to whoever keeps what happened.
struct HistoryOptions {
  static constexpr size_t kHeadBytes = 4096;  ///< of each head, at most

  deliverylog::Sink* sink = nullptr;       ///< outlives the dispatcher; null: nothing is told
  statistics::Sink* statistics = nullptr;  ///< the same
  notices::Sink* notices = nullptr;        ///< the same
  KeepDetails details = KeepDetails::kFailures;
  size_t body_bytes = 16 << 10;  ///< of a response's body, at most
};

}  // namespace carillon::delivery
