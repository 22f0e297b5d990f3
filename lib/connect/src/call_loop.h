#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <memory>
#include <set>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "carillon/base/mutex.h"
#include "carillon/callqueue/call_queue.h"

namespace carillon::connect {

/// The thread of the bridge, "json", and the gRPC client that it serves: it runs what is posted and
/// the ends of gRPC's operations.
///
/// Its completion queue does not poll: gRPC's epoll is one for the whole process, so a queue that
/// polls would read the connections of publishers, too. A channel within the process needs none.
class CallLoop {
 public:
  /// A call under way, which can be given up from any thread, also while it ends. It is `Enter`ed
  /// from its beginning to its end, in which it `Leave`s.
  class Call {
   public:
    virtual void Cancel() = 0;

   protected:
    ~Call() = default;
  };

  explicit CallLoop(std::shared_ptr<grpc::Channel> channel);
  ~CallLoop() { Stop(); }

  /// Runs `task` on "json". Any thread; false, and nothing happens, after `Stop`.
  bool Post(absl::AnyInvocable<void()> task);

  // On "json".
  grpc::GenericStub& stub() { return stub_; }
  grpc::CompletionQueue* queue() { return queue_->operations(); }
  /// The tag of an operation that is about to be started; `then` runs once on "json" at its end. No
  /// operation is started once `stopping`.
  void* Then(absl::AnyInvocable<void(bool ok)> then);
  bool stopping() const { return stopping_; }
  /// Runs `create`, which makes gRPC's call, unless calls are refused: then false.
  bool Create(absl::FunctionRef<void()> create);

  /// No call of gRPC's is made once this has returned. Any thread.
  void Refuse();

  void Enter(Call& call);
  void Leave(Call& call);

  /// Refuses, cancels the calls under way, waits for gRPC's operations, runs what is posted and
  /// ends the thread. Not from it; again: nothing happens.
  void Stop();

 private:
  class Operation;
  /// Keeps the queue while something may be posted.
  class Presence final : callqueue::CallQueue::Call {
   public:
    using Call::Call;
  };

  /// Takes no more tasks once it stops and no operation is under way. On "json".
  void MaybeClose();

  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  const std::unique_ptr<callqueue::CallQueue> queue_ = callqueue::CallQueue::MakeQuiet();
  // On "json".
  bool stopping_ = false;
  size_t operations_ = 0;  ///< under way
  base::Mutex create_mutex_;
  bool refusing_ ABSL_GUARDED_BY(create_mutex_) = false;
  base::Mutex mutex_;
  std::set<Call*> calls_ ABSL_GUARDED_BY(mutex_);
  base::Mutex post_mutex_;
  std::unique_ptr<Presence> presence_ ABSL_GUARDED_BY(post_mutex_);  ///< null: closed
  bool stopped_ = false;                                             ///< by `Stop`
};

}  // namespace carillon::connect
