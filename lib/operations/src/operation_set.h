#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/operations/operation_store.h"
#include "carillon/operations/operations.h"
#include "carillon/operations/outcome_count.h"
#include "carillon/operations/task.h"

namespace carillon::operations {

/// The operations there are, and their steps. Decides, and asks the store and tasks; what it is
/// driven by, and on which thread, is `Operations`' affair. One thread.
class OperationSet {
 public:
  using Done = Operations::Done;
  /// Brings what a task answers to the set's thread; not called after the set has ended. Any
  /// thread.
  using Post = std::function<void(absl::AnyInvocable<void(OperationSet&)>)>;

  /// All outlive it.
  OperationSet(OperationStore& store, MakeTask make, const base::Clock& clock, base::Random& random,
               Post post, CountOutcomes outcomes = nullptr)
      : store_(store),
        make_(std::move(make)),
        clock_(clock),
        random_(random),
        post_(std::move(post)),
        outcomes_(std::move(outcomes)) {}
  OperationSet(const OperationSet&) = delete;
  OperationSet& operator=(const OperationSet&) = delete;
  ~OperationSet();

  /// Reads what there is; what was under way goes on with the next `Turn`.
  absl::Status Load();
  /// Begins steps that are due, answers those who have waited long enough, forgets what is old.
  /// Returns when to call it again; nullopt: after the next call of another method.
  std::optional<base::MonoTime> Turn();

  // As those of Operations.
  void Start(Operations::Beginning beginning, Done done);
  void Get(const std::string& name, Done done);
  std::vector<v1::Operation> List(const std::string& tenant) const;
  void Wait(const std::string& name, std::chrono::nanoseconds at_most, Done done);
  void Update(const std::string& name, Operations::Change change, Done done);
  void Cancel(const std::string& name, Done done);
  void Delete(const std::string& name, Done done);

 private:
  struct Entry {
    StoredOperation stored;
    std::unique_ptr<Task> task;  // null once it is done
    base::MonoTime next_at{};    // of its next step
    std::chrono::milliseconds pause{0};
    bool stepping = false;
    bool cancelled = false;     // ends with the step that is under way
    base::MonoTime count_at{};  // its outcomes
    std::chrono::milliseconds count_pause{0};
  };
  struct Waiter {
    std::string name;
    base::MonoTime until;
    Done done;
  };
  using Entries = std::map<std::string, Entry>;

  absl::Status CheckRoom(const Operations::Beginning& beginning) const;
  const Entry* FindBegun(const Operations::Beginning& beginning) const;
  void BeginStep(const std::string& name, Entry& entry);
  void OnStep(const std::string& name, StepResult result);
  void Count(Entry& entry, const StepResult& result) const;
  void SetNext(Entry& entry, const StepResult& result) const;
  void End(Entry& entry, v1::Operation::State state, const absl::Status& why);
  void AnswerWaiters(const std::string& name);
  void ForgetOld();
  /// Begins to count the outcomes of one whose turn it is. Returns when the next is due.
  base::MonoTime CountSome(base::MonoTime now);
  void OnCounted(const std::string& name, const absl::StatusOr<OutcomeCounts>& counts);
  /// As callers see it.
  v1::Operation Shown(const Entry& entry) const;

  OperationStore& store_;
  const MakeTask make_;
  const base::Clock& clock_;
  base::Random& random_;
  const Post post_;
  const CountOutcomes outcomes_;  // may be null
  bool counting_ = false;         // one at a time
  base::MonoTime count_at_{};     // not before
  Entries entries_;
  std::vector<Waiter> waiters_;
  base::MonoTime look_at_{};  // for what is old
};

}  // namespace carillon::operations
