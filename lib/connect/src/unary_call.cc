#include <utility>

#include "calls.h"
#include "gzip.h"

namespace carillon::connect {
namespace {

/// Held by whatever it waits for: gRPC's operation, and the client's leaving.
class UnaryCall final : public CallLoop::Call, public std::enable_shared_from_this<UnaryCall> {
 public:
  UnaryCall(CallLoop& loop, Incoming incoming) : loop_(loop), in_(std::move(incoming)) {
    loop_.Enter(*this);
  }
  ~UnaryCall() { loop_.Leave(*this); }

  void Start() {
    std::variant<std::string, Error> message = RequestMessage(in_);
    if (const Error* wrong = std::get_if<Error>(&message)) return Answer(ToResponse(*wrong));
    SetContext(in_, context_);
    in_.responder.WhenGone([self = shared_from_this()] { self->Cancel(); });
    const bool created = loop_.Create([&] {
      rpc_ = loop_.stub().PrepareUnaryCall(&context_, in_.head.method->path,
                                           ToBuffer(std::get<std::string>(message)), loop_.queue());
    });
    if (!created) return Answer(ToResponse(Stopping()));
    rpc_->StartCall();
    rpc_->Finish(&answer_, &status_,
                 loop_.Then([self = shared_from_this()](bool) { self->OnFinished(); }));
  }

  void Cancel() override { context_.TryCancel(); }

 private:
  void OnFinished() {
    if (!status_.ok()) {
      const bool ours = loop_.stopping() && status_.error_code() == grpc::StatusCode::CANCELLED;
      return Answer(ToResponse(ours ? Stopping() : CallError(in_.head, status_)));
    }
    std::variant<std::string, Error> made = AnswerMessage(in_.head, answer_);
    if (const Error* wrong = std::get_if<Error>(&made)) return Answer(ToResponse(*wrong));
    web::Response response{
        .content_type = in_.head.codec == Codec::kJson ? "application/json" : "application/proto",
        .body = std::get<std::string>(std::move(made))};
    response.headers.Set("Cache-Control", "no-store");
    if (in_.head.gzip_answer && response.body.size() >= kLeastCompressed) {
      response.body = Gzip(response.body);
      response.headers.Set("Content-Encoding", "gzip");
    }
    Answer(std::move(response));
  }

  void Answer(web::Response response) {
    in_.body = {};
    in_.ticket.Leave();
    in_.responder.Reply(std::move(response));
  }

  CallLoop& loop_;
  Incoming in_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> rpc_;
  grpc::ByteBuffer answer_;
  grpc::Status status_;
};

}  // namespace

void CallUnary(CallLoop& loop, Incoming incoming) {
  std::make_shared<UnaryCall>(loop, std::move(incoming))->Start();
}

}  // namespace carillon::connect
