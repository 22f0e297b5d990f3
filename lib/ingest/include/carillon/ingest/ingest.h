#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/ingest/type_catalog.h"
#include "carillon/model/event.h"

namespace carillon::ingest {

struct Limits {
  size_t max_payload_bytes = 256 * 1024;  ///< of the payload as JSON
  size_t max_batch_events = 1000;
  size_t max_message_bytes = 16u << 20;  ///< of the whole request, as it is sent
};

/// Whether a request of `bytes` is within the bound: INVALID_ARGUMENT names it. For who has not put
/// its bytes together yet.
absl::Status CheckSize(size_t bytes, const Limits& limits);

/// What is to be known of a request beside its events, and what was seen of it.
struct Remarks {
  const model::TraceContext* inherited = nullptr;  ///< of events that bring none; may be null
  // Of the events' own trace contexts, those that were wrong and were ignored.
  uint64_t bad_traceparents = 0;
  uint64_t bad_tracestates = 0;
  // Payloads that did not fit the schema of their type: taken all the same, and refused.
  uint64_t warned = 0;
  uint64_t refused = 0;
};

/// Turns the bytes of a PublishRequest (or PublishStreamRequest: the same wire form) into events
/// ready for the journal. Decodes one event at a time, so that a mistake is named by index and
/// field (`events[3].session.location: not valid UTF-8 at byte 5`). Stateless but for its
/// arguments; `random` is the calling thread's own.
/// INVALID_ARGUMENT, always with field and index, what was wrong and what is right.
absl::StatusOr<std::vector<std::shared_ptr<model::Event>>> DecodeRequest(
    std::string_view request, const Limits& limits, const Catalog& catalog, base::WallTime now,
    base::Random& random, Remarks& remarks);

/// The same where nobody asks for remarks: traces that events bring are kept.
inline absl::StatusOr<std::vector<std::shared_ptr<model::Event>>> DecodeRequest(
    std::string_view request, const Limits& limits, const Catalog& catalog, base::WallTime now,
    base::Random& random) {
  Remarks remarks;
  return DecodeRequest(request, limits, catalog, now, random, remarks);
}

}  // namespace carillon::ingest
