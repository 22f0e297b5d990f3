#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <latch>
#include <memory>

#include "carillon/v1/publisher.grpc.pb.h"
#include "queue.h"

namespace carillon::rpc {

/// A queue of a server that listens nowhere: what happens on it needs no socket.
class QueueTest : public ::testing::Test {
 protected:
  QueueTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    queue_ = std::make_unique<CallQueue>(builder.AddCompletionQueue());
    server_ = builder.BuildAndStart();
  }
  ~QueueTest() override {
    server_->Shutdown();
    queue_->Stop();
    queue_.reset();
  }

  /// Waits until everything that was posted so far ran. A latch of the standard library is seen by
  /// the thread sanitizer; Debian's absl is not.
  void Settle() {
    std::latch ran{1};
    queue_->Post([&ran] { ran.count_down(); });
    ran.wait();
  }

  v1::EventPublisher::AsyncService service_;
  std::unique_ptr<CallQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace carillon::rpc
