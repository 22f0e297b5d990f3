#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "carillon/base/mutex.h"

namespace carillon::callqueue {

/// A completion queue of gRPC and the one thread that serves it, so that calls need no locks. That
/// of a server reads the connections and takes calls; what another queue took, and a client within
/// the process, can live on one that does neither, see `MakeQuiet`.
///
/// What other threads have to say (the journal's answers) is posted. A burst of posts costs one
/// wake-up, and none while the thread is busy.
class CallQueue {
 public:
  /// What is told the end of an operation that was started with it as its tag; on the thread.
  class Tag {
   public:
    virtual void Done(bool ok) = 0;
    /// As gRPC is to be given it.
    void* tag() { return this; }

   protected:
    ~Tag() = default;
  };

  /// A tag that calls a method of its owner.
  template <typename Owner>
  class Step final : public Tag {
   public:
    using Method = void (Owner::*)(bool ok);
    Step(Owner& owner, Method method) : owner_(owner), method_(method) {}
    void Done(bool ok) override { (owner_.*method_)(ok); }

   private:
    Owner& owner_;
    const Method method_;
  };

  /// Something that owns itself and has operations or posts under way: the queue outlives it.
  /// Made on the thread, before `Start`, or while the queue has another; deleted on the thread.
  class Call {
   public:
    explicit Call(CallQueue& queue) : queue_(queue) {
      queue_.calls_.fetch_add(1, std::memory_order_relaxed);
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   protected:
    ~Call() { queue_.calls_.fetch_sub(1, std::memory_order_relaxed); }
    CallQueue& queue_;
  };

  explicit CallQueue(std::unique_ptr<grpc::ServerCompletionQueue> queue)
      : CallQueue(queue.get(), std::move(queue)) {}
  /// Makes one whose thread waits for operations and tasks alone, and leaves the connections to the
  /// others: a thread that polls them takes turns with those that do
  /// (docs/decisions/0005-queues.md).
  static std::unique_ptr<CallQueue> MakeQuiet();
  ~CallQueue();

  /// Which calls are taken from; null of a quiet one.
  grpc::ServerCompletionQueue* get() { return server_; }
  /// To which the ends of operations come.
  grpc::CompletionQueue* operations() { return queue_.get(); }

  /// `name`: of the thread, at most 15 characters.
  void Start(const char* name);

  /// Any thread, as long as the queue has a call. The tasks run on the thread, in order.
  void Post(absl::AnyInvocable<void()> task);

  /// After the server was shut down: waits until the last call is gone and ends the thread. Again:
  /// nothing happens.
  void Stop();

 private:
  CallQueue(grpc::ServerCompletionQueue* server, std::unique_ptr<grpc::CompletionQueue> queue)
      : server_(server), queue_(std::move(queue)) {}

  void Run();
  /// Returns false when there was none, and the thread is about to wait.
  bool RunTasks();
  /// Waits for an operation's end. Returns false when the queue is shut down and empty.
  bool RunOne();
  /// Whether nothing can come any more.
  bool Finished();

  grpc::ServerCompletionQueue* const server_;
  const std::unique_ptr<grpc::CompletionQueue> queue_;

  base::Mutex mutex_;
  std::vector<absl::AnyInvocable<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;  ///< the alarm is under way
  grpc::Alarm alarm_;
  std::atomic<bool> waiting_{false};  ///< for the next operation, as far as is known

  std::atomic<size_t> calls_{0};

  // On the thread.
  bool stopping_ = false;
  std::vector<absl::AnyInvocable<void()>> taken_;  ///< kept for its capacity
  std::thread thread_;
};

}  // namespace carillon::callqueue
