#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "carillon/base/mutex.h"
#include "carillon/web/message.h"
#include "carillon/web/responder.h"

namespace carillon::web {

/// The server's event loop, for those who answer on other threads and may outlive it. Thread-safe.
class Loop {
 public:
  explicit Loop(boost::asio::io_context& io) : io_(&io) {}

  /// Runs `work` on the loop's thread: at once where this is it. Returns false, without running it,
  /// after `Close`; `work` is then as it was.
  template <typename Work>
  bool Run(Work&& work) {
    base::MutexLock lock(mutex_);
    if (io_ == nullptr) return false;
    if (!io_->get_executor().running_in_this_thread()) {
      boost::asio::post(*io_, std::forward<Work>(work));
      return true;
    }
    lock.Unlock();
    std::forward<Work>(work)();
    return true;
  }

  /// From now on nothing is run: the loop may end.
  void Close() {
    const base::MutexLock lock(mutex_);
    io_ = nullptr;
  }

 private:
  base::Mutex mutex_;
  boost::asio::io_context* io_ ABSL_GUARDED_BY(mutex_);
};

/// What a session does for a responder, on the loop's thread. `turn` names the request: calls for
/// one that is over do nothing (but for `written`, which is called with false, and `gone`).
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual void Reply(uint64_t turn, Response response) = 0;
  virtual void WhenGone(uint64_t turn, absl::AnyInvocable<void()> gone) = 0;
  virtual void BeginStream(uint64_t turn, Response head) = 0;
  virtual void Write(uint64_t turn, std::string bytes, ResponseStream::Written written) = 0;
  virtual void Finish(uint64_t turn) = 0;
  virtual void Abort(uint64_t turn) = 0;
};

}  // namespace carillon::web
