#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/operations/operation_store.h"
#include "carillon/operations/outcome_count.h"
#include "carillon/operations/task.h"
#include "carillon/v1/operation.pb.h"

namespace carillon::operations {

/// Long-running operations: durable before they are answered, made step by step on a thread of
/// their own, at the rate that was asked for, continued after a restart from where they were.
/// Errors are those of carillon/aip/error.h. Thread-safe; no call blocks but `Stop`; `done`, once,
/// on that thread or the caller's.
class Operations {
 public:
  static constexpr size_t kMaxRunning = 100;        ///< not done, paused ones included
  static constexpr size_t kMaxRunningOfTenant = 4;  ///< of these; DELETE_TENANT begins beside them
  static constexpr size_t kMaxKept = 10'000;        ///< in all; the oldest that are done go first
  static constexpr size_t kMaxWaiters = 256;
  static constexpr std::chrono::hours kKeptFor{7 * 24};  ///< after their end
  static constexpr double kMinRate = 0.01;
  static constexpr double kMaxRate = 100'000;

  using Done = absl::AnyInvocable<void(absl::StatusOr<v1::Operation>)>;

  /// What an operation begins with.
  struct Beginning {
    std::string tenant;
    /// Kind, target, principal, max_rate; and a name that whoever begins it has chosen: it is begun
    /// once by that, too.
    v1::Operation operation;
    std::string request;      ///< see StoredOperation
    std::string request_key;  ///< the same
    uint64_t cursor = 0;      ///< the same
    uint64_t end = 0;         ///< the same
  };
  /// Changes `max_rate` and `paused`, or says why not. The operation has its etag.
  using Change = std::function<absl::Status(v1::Operation&)>;

  /// Reads the store and goes on with what was under way. All outlive it. Errors are those of
  /// OperationStore::Load. `outcomes` may be null.
  static absl::StatusOr<std::unique_ptr<Operations>> Create(OperationStore& store, MakeTask make,
                                                            const base::Clock& clock,
                                                            CountOutcomes outcomes = nullptr);
  /// Stops it.
  virtual ~Operations() = default;

  /// Answers with the operation once it is durable; with the one of that name, or that the same
  /// request key began, if there is one. QUOTA_EXCEEDED: too many run.
  virtual void Start(Beginning beginning, Done done) = 0;
  /// RESOURCE_NOT_FOUND, here and below.
  virtual void Get(std::string name, Done done) = 0;
  /// Those of a tenant, or of all (`-`), by name.
  virtual void List(std::string tenant,
                    absl::AnyInvocable<void(absl::StatusOr<std::vector<v1::Operation>>)> done) = 0;
  /// Answers when it is done, or `at_most` later. TOO_MANY_CALLS: too many wait.
  virtual void Wait(std::string name, std::chrono::nanoseconds at_most, Done done) = 0;
  /// STATE_CONFLICT: it is done.
  virtual void Update(std::string name, Change change, Done done) = 0;
  /// Ends it, after the step that is under way, and answers then. One that is done stays as it is.
  virtual void Cancel(std::string name, Done done) = 0;
  /// Forgets it, and answers with what it was. STATE_CONFLICT: it is not done.
  virtual void Delete(std::string name, Done done) = 0;

  /// Begins no further step, answers those who wait with STOPPING, and ends the thread. What is
  /// asked later is answered so. Once more does nothing.
  virtual void Stop() = 0;
};

}  // namespace carillon::operations
