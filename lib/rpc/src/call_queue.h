#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "carillon/base/mutex.h"

namespace carillon::rpc {

/// A completion queue of gRPC and the one thread that serves it: it reads the connections, takes
/// the calls and finishes them, so that calls need no locks and no thread waits for another.
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
  /// Made and deleted on the thread, or before `Start`.
  class Call {
   public:
    explicit Call(CallQueue& queue) : queue_(queue) { ++queue_.calls_; }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   protected:
    ~Call() { --queue_.calls_; }
    CallQueue& queue_;
  };

  explicit CallQueue(std::unique_ptr<grpc::ServerCompletionQueue> queue)
      : queue_(std::move(queue)) {}
  ~CallQueue();

  grpc::ServerCompletionQueue* get() { return queue_.get(); }

  /// `name`: of the thread, at most 15 characters.
  void Start(const char* name);

  /// Any thread, as long as the queue has a call. The tasks run on the thread, in order.
  void Post(absl::AnyInvocable<void()> task);

  /// After the server was shut down: waits until the last call is gone and ends the thread. Again:
  /// nothing happens.
  void Stop();

 private:
  void Run();
  /// Returns false when there was none, and the thread is about to wait.
  bool RunTasks();
  /// Waits for an operation's end. Returns false when the queue is shut down and empty.
  bool RunOne();
  /// Whether nothing can come any more.
  bool Finished();

  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;

  base::Mutex mutex_;
  std::vector<absl::AnyInvocable<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;  ///< the alarm is under way
  grpc::Alarm alarm_;
  std::atomic<bool> waiting_{false};  ///< for the next operation, as far as is known

  // On the thread.
  size_t calls_ = 0;
  bool stopping_ = false;
  std::vector<absl::AnyInvocable<void()>> taken_;  ///< kept for its capacity
  std::thread thread_;
};

}  // namespace carillon::rpc
