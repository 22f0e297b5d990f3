#pragma once

#include <grpcpp/alarm.h>

#include <chrono>
#include <functional>

#include "queue.h"

namespace carillon::rpc {

/// Calls `look` on a queue's thread about once a second until `End`. Owns itself.
class QueueTicks final : CallQueue::Call {
 public:
  /// On the thread, or before it starts.
  static QueueTicks* Start(CallQueue& queue, std::function<void()> look) {
    return new QueueTicks(queue, std::move(look));
  }
  /// On the thread. It is gone soon after.
  void End() {
    ended_ = true;
    alarm_.Cancel();
  }

 private:
  QueueTicks(CallQueue& queue, std::function<void()> look) : Call(queue), look_(std::move(look)) {
    Wait();
  }
  void Wait() {
    alarm_.Set(queue_.operations(), std::chrono::system_clock::now() + std::chrono::seconds(1),
               tick_.tag());
  }
  void OnTick(bool) {
    if (ended_) {
      delete this;
      return;
    }
    look_();
    Wait();
  }

  const std::function<void()> look_;
  CallQueue::Step<QueueTicks> tick_{*this, &QueueTicks::OnTick};
  grpc::Alarm alarm_;
  bool ended_ = false;
};

}  // namespace carillon::rpc
