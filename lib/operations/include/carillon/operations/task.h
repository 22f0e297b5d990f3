#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/operations/operation_store.h"

namespace carillon::operations {

/// What came of a step.
struct StepResult {
  /// UNAVAILABLE, RESOURCE_EXHAUSTED: the step is to be made again, later. Any other error ends the
  /// operation, which failed. The counts hold whatever it is.
  absl::Status status;
  uint64_t cursor = 0;  ///< see StoredOperation
  uint64_t end = 0;
  // Of this step.
  int64_t scanned = 0;
  int64_t matched = 0;
  int64_t processed = 0;
  double progress = 0;    ///< 0 to 1
  bool finished = false;  ///< there is nothing left
  bool waits = false;     ///< what is next cannot be taken for now
};

/// What an operation does, step by step: each takes the deliveries behind its cursor to where they
/// are sent. A step that is repeated after a crash does no harm.
class Task {
 public:
  static constexpr size_t kMaxStep = 500;

  virtual ~Task() = default;
  /// Takes at most `most` deliveries, 1 to kMaxStep. `done`, once, on any thread, when they are
  /// durable there; or never, where those whom it asks ended. One step at a time. What it asks may
  /// answer after this has ended.
  virtual void Step(size_t most, absl::AnyInvocable<void(StepResult)> done) = 0;
};

/// Makes the task of an operation that is begun, or goes on after a start. INVALID_ARGUMENT: its
/// request cannot be read, or there is no such kind.
using MakeTask = std::function<absl::StatusOr<std::unique_ptr<Task>>(const StoredOperation&)>;

}  // namespace carillon::operations
