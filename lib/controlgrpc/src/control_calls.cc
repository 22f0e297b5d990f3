#include "control_calls.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <memory>
#include <utility>

#include "carillon/aip/error.h"
#include "carillon/aip/field_behavior.h"
#include "carillon/controlgrpc/control_services.h"

namespace carillon::controlgrpc {
namespace {

absl::Status TooManyReading() {
  absl::Status status = aip::QuotaExceeded(
      v1::RATE_LIMITED, "too many calls read the configuration", "configuration");
  aip::AddRetry(status, std::chrono::seconds(1));
  return status;
}

absl::StatusOr<grpc::ByteBuffer> ToBytes(const google::protobuf::Message& response) {
  grpc::ByteBuffer bytes;
  bool own = false;
  const grpc::Status status =
      grpc::SerializationTraits<google::protobuf::Message>::Serialize(response, &bytes, &own);
  if (!status.ok()) return absl::InternalError(status.error_message());
  return bytes;
}

void Answer(rpc::GuestCall& call, const google::protobuf::Message& response) {
  absl::StatusOr<grpc::ByteBuffer> bytes = ToBytes(response);
  if (bytes.ok()) {
    call.Answer(*std::move(bytes));
  } else {
    call.Finish(bytes.status());
  }
}

/// The answers of a call, which it ends where nobody else did.
class CallAnswers final : public control::AnswerStream {
 public:
  explicit CallAnswers(rpc::GuestCall& call) : call_(&call) {}
  ~CallAnswers() override {
    if (call_ != nullptr) call_->Finish(aip::MakeError(v1::STOPPING, "the service is stopping"));
  }

  bool cancelled() const override { return call_->cancelled(); }
  void Write(const google::protobuf::Message& answer,
             absl::AnyInvocable<void(bool)> written) override {
    absl::StatusOr<grpc::ByteBuffer> bytes = ToBytes(answer);
    if (!bytes.ok()) return written(false);
    call_->Write(*std::move(bytes), std::move(written));
  }
  void End(const absl::Status& status) override { std::exchange(call_, nullptr)->Finish(status); }

 private:
  rpc::GuestCall* call_;  // null: it was ended
};

absl::Status Parse(grpc::ByteBuffer& bytes, google::protobuf::Message& request) {
  const grpc::Status status =
      grpc::SerializationTraits<google::protobuf::Message>::Deserialize(&bytes, &request);
  if (status.ok()) return absl::OkStatus();
  return aip::MakeError(
      v1::FIELD_INVALID,
      "the message is not one of " + request.GetDescriptor()->full_name() + ", or it is cut off");
}

absl::Status CheckRequired(const google::protobuf::Message& request) {
  const auto missing = aip::MissingFields(request);
  return missing.empty() ? absl::OkStatus() : aip::BadRequest(missing);
}

}  // namespace

/// A call that may go on.
struct ControlCalls::Incoming {
  rpc::GuestCall& call;
  std::unique_ptr<Message> request;
  Caller caller;
};

rpc::GuestMethod ControlCalls::Make(std::string name, const Message& request, Run run) {
  rpc::GuestMethod method{.name = std::move(name), .begin = nullptr};
  method.begin = [this, called = method.name, type = &request, run = std::move(run)](
                     const grpc::ServerContextBase& head) -> absl::StatusOr<rpc::GuestHandler> {
    absl::StatusOr<CheckRequest> check = authorize_(called, head);
    if (!check.ok()) return check.status();
    return rpc::GuestHandler(
        [type, &run, check = *std::move(check)](grpc::ByteBuffer bytes, rpc::GuestCall& call) {
          std::unique_ptr<Message> message(type->New());
          if (absl::Status status = Parse(bytes, *message); !status.ok())
            return call.Finish(status);
          absl::StatusOr<Caller> caller = check(*message);
          if (!caller.ok()) return call.Finish(caller.status());
          caller->answer_by = call.context().deadline();
          if (absl::Status status = CheckRequired(*message); !status.ok())
            return call.Finish(status);
          run({.call = call, .request = std::move(message), .caller = *std::move(caller)});
        });
  };
  return method;
}

rpc::GuestMethod ControlCalls::Read(std::string name, const Message& request,
                                    const Message& response, Reading reading) {
  Run begin = [this, type = &response, reading = std::move(reading)](Incoming incoming) {
    std::unique_ptr<Message> answer(type->New());
    const absl::Status status = reading(*incoming.request, incoming.caller, *answer);
    --reading_;
    if (!status.ok()) return incoming.call.Finish(status);
    if (incoming.caller.is_operator) add_(*answer);
    Answer(incoming.call, *answer);
  };
  return Make(std::move(name), request, [this, begin = std::move(begin)](Incoming incoming) {
    PostReading(std::move(incoming), begin);
  });
}

rpc::GuestMethod ControlCalls::ReadLater(std::string name, const Message& request,
                                         Changing reading) {
  Run begin = [this, reading = std::move(reading)](Incoming incoming) {
    const Message& message = *incoming.request;
    const Caller caller = std::move(incoming.caller);
    reading(message, caller,
            [this, &call = incoming.call, is_operator = caller.is_operator,
             asked = std::move(incoming.request)](absl::StatusOr<control::Answer> answer) {
              --reading_;
              if (!answer.ok()) return call.Finish(answer.status());
              if (is_operator) add_(**answer);
              Answer(call, **answer);
            });
  };
  return Make(std::move(name), request, [this, begin = std::move(begin)](Incoming incoming) {
    PostReading(std::move(incoming), begin);
  });
}

void ControlCalls::PostReading(Incoming incoming, const Run& begin) {
  rpc::GuestCall& call = incoming.call;
  if (reading_.fetch_add(1) >= ControlServices::kMaxReading) {
    --reading_;
    return call.Finish(TooManyReading());
  }
  const bool posted = reader_.Post([this, incoming = std::move(incoming), &begin]() mutable {
    if (!incoming.call.cancelled()) return begin(std::move(incoming));
    --reading_;
    incoming.call.Finish(absl::CancelledError("nobody waits for the answer"));
  });
  if (posted) return;
  --reading_;
  call.Finish(aip::MakeError(v1::STOPPING, "the service is stopping"));
}

rpc::GuestMethod ControlCalls::Change(std::string name, const Message& request, Changing changing) {
  return Make(std::move(name), request, [this, changing = std::move(changing)](Incoming incoming) {
    const Message& message = *incoming.request;
    const Caller caller = std::move(incoming.caller);
    changing(
        message, caller,
        [this, &call = incoming.call, trail = caller.trail, request = std::move(incoming.request)](
            absl::StatusOr<control::Answer> answer) { Conclude(call, trail, std::move(answer)); });
  });
}

rpc::GuestMethod ControlCalls::Stream(std::string name, const Message& request,
                                      Streaming streaming) {
  return Make(std::move(name), request, [streaming = std::move(streaming)](Incoming incoming) {
    streaming(*incoming.request, incoming.caller, std::make_unique<CallAnswers>(incoming.call));
  });
}

void ControlCalls::Conclude(rpc::GuestCall& call, const std::shared_ptr<control::CallTrail>& trail,
                            absl::StatusOr<control::Answer> answer) {
  if (!answer.ok()) return call.Finish(answer.status());
  const bool written = trail == nullptr || !trail->changes || trail->settled;
  if (audit_ == nullptr || written) return Answer(call, **answer);
  // It was done, whether that can be written down or not.
  audit_->Record(
      *trail, [&call, answer = *std::move(answer)](const absl::Status&) { Answer(call, *answer); });
}

}  // namespace carillon::controlgrpc
