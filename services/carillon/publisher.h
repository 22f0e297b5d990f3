#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "event_source.h"
#include "publish_client.h"

namespace carillon::cli {

struct PublishOptions {
  std::string address;  ///< for messages
  int in_flight = 8;    ///< batches under way at once
  double rate = 0;      ///< events a second; as fast as possible when 0
  bool retry = false;
  std::chrono::milliseconds retry_for{30'000};
  bool print_results = false;  ///< one JSON line for each result, to standard output
  bool progress = false;       ///< a line a second, to standard error
};

/// What came of it all.
struct PublishReport {
  uint64_t accepted = 0;  ///< duplicates included
  uint64_t duplicates = 0;
  uint64_t refused = 0;  ///< as invalid: unchanged they are never accepted
  /// Of calls that failed for another reason (no server, no room, no time), after which nothing
  /// more was sent. Whether they were stored is not known; to publish them again with the same ids
  /// is safe.
  uint64_t failed = 0;
  std::string last_id;  ///< of the last result
  uint64_t last_position = 0;
  std::chrono::nanoseconds took{0};
};

/// Sends everything `source` has. Stops at the first failure that is not the fault of an event
/// (the server cannot be reached, or has no room) and is not mended within `retry_for`. An event
/// that is refused as invalid is told on standard error; the others of its batch are sent again
/// without it. Blocks until all is answered.
PublishReport PublishAll(Source& source, Client& client, const PublishOptions& options,
                         const base::Clock& clock);

}  // namespace carillon::cli
