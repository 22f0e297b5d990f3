#include "unary_call.h"

namespace carillon::rpc {
namespace {

constexpr std::string_view kPublish = "carillon.v1.EventPublisher/Publish";

class UnaryCall final : CallQueue::Call {
 public:
  UnaryCall(CallQueue& queue, RawService& service, Publishing& publishing)
      : Call(queue), service_(service), publishing_(publishing) {
    service_.RequestPublish(&context_, &request_, &writer_, queue.get(), queue.get(), taken_.tag());
  }

 private:
  void OnTaken(bool ok) {
    if (!ok) {  // the server is shut down
      delete this;
      return;
    }
    AcceptUnary(queue_, service_, publishing_);
    if (const grpc::Status status = publishing_.CheckHead(context_); !status.ok()) {
      writer_.FinishWithError(status, finished_.tag());
      return;
    }
    const auto caller = publishing_.Admit(context_, kPublish);
    if (!caller.ok()) {
      writer_.FinishWithError(ToGrpc(caller.status()), finished_.tag());
      return;
    }
    const auto trace = publishing_.ReadTrace(context_);
    publishing_.Publish(request_, queue_, trace, *caller,
                        [this](absl::StatusOr<grpc::ByteBuffer> answer) {
                          if (answer.ok()) {
                            writer_.Finish(*answer, grpc::Status::OK, finished_.tag());
                          } else {
                            writer_.FinishWithError(ToGrpc(answer.status()), finished_.tag());
                          }
                        });
    request_.Clear();  // its events wait for the disk, not its bytes
  }

  void OnFinished(bool) { delete this; }

  RawService& service_;
  Publishing& publishing_;
  CallQueue::Step<UnaryCall> taken_{*this, &UnaryCall::OnTaken};
  CallQueue::Step<UnaryCall> finished_{*this, &UnaryCall::OnFinished};
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> writer_{&context_};
};

}  // namespace

void AcceptUnary(CallQueue& queue, RawService& service, Publishing& publishing) {
  new UnaryCall(queue, service, publishing);  // owns itself
}

}  // namespace carillon::rpc
