#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "batch.h"
#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "event_json.h"
#include "line_reader.h"

namespace carillon::cli {

/// Told of a line that cannot be read; from any thread.
using BadLine = absl::AnyInvocable<void(uint64_t line, const absl::Status& why)>;

/// Hands out events in batches, each with an id. Thread-safe.
class Source {
 public:
  virtual ~Source() = default;
  /// Fills `out`; `random` is the calling thread's own. Returns false when there are no more.
  virtual bool Next(Batch& out, base::Random& random) = 0;
};

/// Lines as they come.
std::unique_ptr<Source> MakeLineSource(std::unique_ptr<LineReader> reader, size_t batch,
                                       const base::Clock& clock, BadLine on_bad_line);

/// Events kept in memory, all of them `repeat` times; ids are new from the second time on.
std::unique_ptr<Source> MakeMemorySource(std::vector<EncodedEvent> events, uint64_t repeat,
                                         size_t batch, const base::Clock& clock);

/// Reads every line. RESOURCE_EXHAUSTED: more than 1 GiB.
absl::StatusOr<std::vector<EncodedEvent>> ReadAll(LineReader& reader, BadLine on_bad_line);

}  // namespace carillon::cli
