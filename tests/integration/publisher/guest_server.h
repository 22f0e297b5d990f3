#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <vector>

#include "carillon/base/clock.h"
#include "guest_service.h"
#include "queue.h"

namespace carillon::rpc {

/// A server that has guests and nothing else, on a port of 127.0.0.1. It ends with its last call.
class GuestServer {
 public:
  explicit GuestServer(const std::vector<Guest>& guests, const base::Clock& clock = SystemClock(),
                       GuestService::CheckHead check_head = AnyHead)
      : service_(guests, std::move(check_head), clock) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.SetMaxReceiveMessageSize(static_cast<int>(2 * GuestService::kMaxMessageBytes));
    service_.Register(builder);
    queue_ = std::make_unique<CallQueue>(builder.AddCompletionQueue());
    server_ = builder.BuildAndStart();
    service_.Start(*queue_);
    queue_->Start("guests");
    channel_ = grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                   grpc::InsecureChannelCredentials());
  }
  ~GuestServer() { Stop(std::chrono::seconds(5)); }

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  GuestService& service() { return service_; }
  /// That takes the calls.
  CallQueue& queue() { return *queue_; }

  /// Calls that are under way after `grace` are cancelled.
  void Stop(std::chrono::milliseconds grace) {
    server_->Shutdown(std::chrono::system_clock::now() + grace);
    queue_->Stop();
    service_.Stop();
  }

 private:
  static const base::Clock& SystemClock() {
    static const base::SystemClock clock;
    return clock;
  }
  static grpc::Status AnyHead(const grpc::ServerContext&) { return grpc::Status::OK; }

  GuestService service_;
  std::unique_ptr<CallQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace carillon::rpc
