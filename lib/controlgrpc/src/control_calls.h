#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "carillon/base/worker.h"
#include "carillon/control/standard_methods.h"
#include "carillon/controlgrpc/control_services.h"

namespace carillon::controlgrpc {

/// What all methods of the services have in common. Thread-safe.
class ControlCalls {
 public:
  using Message = google::protobuf::Message;
  using Reactor = grpc::ServerUnaryReactor;
  /// Fills in the response.
  using Reading = absl::AnyInvocable<absl::Status(const control::Caller&)>;
  /// Changes something; what it answers becomes the response.
  using Changing = absl::AnyInvocable<void(const control::Caller&, control::Methods::Done)>;

  explicit ControlCalls(Authorize authorize) : authorize_(std::move(authorize)) {}

  /// Both check the caller and the required members of `request`, which lives until the call has
  /// ended, as `response` does; both return the reactor that ends it.
  Reactor* Read(std::string_view method, grpc::CallbackServerContext& context, Message& request,
                Reading reading);
  Reactor* Change(std::string_view method, grpc::CallbackServerContext& context, Message& request,
                  Message& response, Changing changing);

  void Stop() { reader_.Stop(); }

 private:
  absl::StatusOr<control::Caller> Check(std::string_view method,
                                        const grpc::CallbackServerContext& context,
                                        Message& request) const;

  const Authorize authorize_;
  std::atomic<size_t> reading_{0};
  base::Worker reader_{"control-read"};
};

/// gRPC gives requests to methods as const; they are the call's own, and nobody else reads them.
template <typename Request>
Request& Own(const Request* request) {
  return *const_cast<Request*>(request);
}

}  // namespace carillon::controlgrpc
