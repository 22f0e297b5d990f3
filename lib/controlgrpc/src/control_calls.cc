#include "control_calls.h"

#include <utility>

#include "carillon/aip/error.h"
#include "carillon/aip/field_behavior.h"
#include "carillon/controlgrpc/grpc_status.h"

namespace carillon::controlgrpc {
namespace {

absl::Status TooManyReading() {
  absl::Status status = aip::QuotaExceeded(
      v1::RATE_LIMITED, "too many calls read the configuration", "configuration");
  aip::AddRetry(status, std::chrono::seconds(1));
  return status;
}

}  // namespace

absl::StatusOr<control::Caller> ControlCalls::Check(std::string_view method,
                                                    const grpc::CallbackServerContext& context,
                                                    Message& request) const {
  absl::StatusOr<control::Caller> caller = authorize_(method, context, request);
  if (!caller.ok()) return caller;
  const auto missing = aip::MissingFields(request);
  if (!missing.empty()) return aip::BadRequest(missing);
  return caller;
}

ControlCalls::Reactor* ControlCalls::Read(std::string_view method,
                                          grpc::CallbackServerContext& context, Message& request,
                                          Reading reading) {
  Reactor* const reactor = context.DefaultReactor();
  absl::StatusOr<control::Caller> caller = Check(method, context, request);
  if (!caller.ok()) {
    reactor->Finish(ToGrpc(caller.status()));
    return reactor;
  }
  if (reading_.fetch_add(1) >= ControlServices::kMaxReading) {
    --reading_;
    reactor->Finish(ToGrpc(TooManyReading()));
    return reactor;
  }
  const bool posted = reader_.Post(
      [this, reactor, caller = *std::move(caller), reading = std::move(reading)]() mutable {
        const absl::Status status = reading(caller);
        --reading_;
        reactor->Finish(ToGrpc(status));
      });
  if (!posted) {
    --reading_;
    reactor->Finish(ToGrpc(aip::MakeError(v1::STOPPING, "the service is stopping")));
  }
  return reactor;
}

ControlCalls::Reactor* ControlCalls::Change(std::string_view method,
                                            grpc::CallbackServerContext& context, Message& request,
                                            Message& response, Changing changing) {
  Reactor* const reactor = context.DefaultReactor();
  const absl::StatusOr<control::Caller> caller = Check(method, context, request);
  if (!caller.ok()) {
    reactor->Finish(ToGrpc(caller.status()));
    return reactor;
  }
  changing(*caller, [reactor, &response](absl::StatusOr<control::Answer> answer) {
    if (answer.ok()) response.GetReflection()->Swap(&response, answer->get());
    reactor->Finish(ToGrpc(answer.status()));
  });
  return reactor;
}

}  // namespace carillon::controlgrpc
