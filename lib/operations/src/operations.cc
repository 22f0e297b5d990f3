#include "carillon/operations/operations.h"

#include <random>
#include <thread>
#include <utility>

#include "carillon/aip/error.h"
#include "carillon/base/mutex.h"
#include "carillon/base/random.h"
#include "carillon/base/worker.h"
#include "operation_set.h"

namespace carillon::operations {
namespace {

absl::Status Stopping() { return aip::MakeError(v1::STOPPING, "the service is stopping"); }

/// What is to be done on the thread: outlives it, since tasks may be answered late.
class Tasks {
 public:
  using Do = absl::AnyInvocable<void(OperationSet&)>;

  /// False: it was stopped, and nothing happens.
  bool Add(Do task) {
    {
      const base::MutexLock lock(mutex_);
      if (stopped_) return false;
      waiting_.push_back(std::move(task));
    }
    wake_.NotifyOne();
    return true;
  }
  void Stop() {
    {
      const base::MutexLock lock(mutex_);
      stopped_ = true;
    }
    wake_.NotifyOne();
  }
  /// What there is by `until`; nullopt: it was stopped, and there is no more.
  std::optional<std::vector<Do>> Take(base::MonoTime until) {
    base::MutexLock lock(mutex_);
    while (waiting_.empty() && !stopped_) {
      if (!wake_.WaitUntil(mutex_, until)) break;
    }
    if (waiting_.empty() && stopped_) return std::nullopt;
    return std::exchange(waiting_, {});
  }

 private:
  base::Mutex mutex_;
  base::CondVar wake_;
  std::vector<Do> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

class OperationsImpl final : public Operations {
 public:
  OperationsImpl(OperationStore& store, MakeTask make, const base::Clock& clock,
                 CountOutcomes outcomes)
      : clock_(clock),
        random_(std::random_device{}()),
        set_(std::make_unique<OperationSet>(
            store, std::move(make), clock, random_,
            [tasks = tasks_](Tasks::Do task) { tasks->Add(std::move(task)); },
            std::move(outcomes))) {}
  ~OperationsImpl() override { Stop(); }

  absl::Status Begin() {
    if (absl::Status status = set_->Load(); !status.ok()) return status;
    thread_ = std::thread([this] {
      base::NameThread("operations");
      Run();
    });
    return absl::OkStatus();
  }

  void Start(Beginning beginning, Done done) override {
    Ask(std::move(done), [beginning = std::move(beginning)](OperationSet& set, Done tell) mutable {
      set.Start(std::move(beginning), std::move(tell));
    });
  }
  void Get(std::string name, Done done) override {
    Ask(std::move(done),
        [name = std::move(name)](OperationSet& set, Done tell) { set.Get(name, std::move(tell)); });
  }
  void List(std::string tenant,
            absl::AnyInvocable<void(absl::StatusOr<std::vector<v1::Operation>>)> done) override {
    Ask(std::move(done),
        [tenant = std::move(tenant)](OperationSet& set, auto tell) { tell(set.List(tenant)); });
  }
  void Wait(std::string name, std::chrono::nanoseconds at_most, Done done) override {
    Ask(std::move(done), [name = std::move(name), at_most](OperationSet& set, Done tell) {
      set.Wait(name, at_most, std::move(tell));
    });
  }
  void Update(std::string name, Change change, Done done) override {
    Ask(std::move(done),
        [name = std::move(name), change = std::move(change)](OperationSet& set, Done tell) {
          set.Update(name, change, std::move(tell));
        });
  }
  void Cancel(std::string name, Done done) override {
    Ask(std::move(done), [name = std::move(name)](OperationSet& set, Done tell) {
      set.Cancel(name, std::move(tell));
    });
  }
  void Delete(std::string name, Done done) override {
    Ask(std::move(done), [name = std::move(name)](OperationSet& set, Done tell) {
      set.Delete(name, std::move(tell));
    });
  }

  void Stop() override {
    tasks_->Stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  template <typename Told, typename What>
  void Ask(Told done, What what) {
    // Shared: who is refused is told here, others there.
    auto told = std::make_shared<Told>(std::move(done));
    const bool added = tasks_->Add(
        [told, what = std::move(what)](OperationSet& set) mutable { what(set, std::move(*told)); });
    if (!added) (*told)(Stopping());
  }

  void Run() {
    base::MonoTime next = clock_.Mono();
    while (std::optional<std::vector<Tasks::Do>> tasks = tasks_->Take(next)) {
      for (Tasks::Do& task : *tasks) task(*set_);
      next = set_->Turn().value_or(base::MonoTime::max());
    }
    set_.reset();  // answers those who wait
  }

  const base::Clock& clock_;
  base::SeededRandom random_;
  const std::shared_ptr<Tasks> tasks_ = std::make_shared<Tasks>();
  std::unique_ptr<OperationSet> set_;  // of the thread, once it runs
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Operations>> Operations::Create(OperationStore& store, MakeTask make,
                                                               const base::Clock& clock,
                                                               CountOutcomes outcomes) {
  auto operations =
      std::make_unique<OperationsImpl>(store, std::move(make), clock, std::move(outcomes));
  if (absl::Status status = operations->Begin(); !status.ok()) return status;
  return operations;
}

}  // namespace carillon::operations
