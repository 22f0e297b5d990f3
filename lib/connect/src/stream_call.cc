#include <utility>

#include "calls.h"
#include "gzip.h"
#include "stream_envelope.h"

namespace carillon::connect {
namespace {

/// Reads a message of gRPC's, writes its envelope, reads the next when the client has taken it.
/// Held by whatever it waits for.
class StreamCall final : public CallLoop::Call, public std::enable_shared_from_this<StreamCall> {
 public:
  StreamCall(CallLoop& loop, Incoming incoming) : loop_(loop), in_(std::move(incoming)) {
    loop_.Enter(*this);
  }
  ~StreamCall() { loop_.Leave(*this); }

  void Start() {
    in_.responder.WhenGone([self = shared_from_this()] { self->Cancel(); });
    out_ = in_.responder.Stream(Head());
    std::variant<std::string, Error> message = RequestMessage(in_);
    if (const Error* wrong = std::get_if<Error>(&message)) return End(*wrong);
    request_ = ToBuffer(std::get<std::string>(message));
    SetContext(in_, context_);
    const bool created = loop_.Create([this] {
      rpc_ = loop_.stub().PrepareCall(&context_, in_.head.method->path, loop_.queue());
    });
    if (!created) return End(Stopping());
    rpc_->StartCall(Then(&StreamCall::OnStarted));
  }

  void Cancel() override { context_.TryCancel(); }

 private:
  void* Then(void (StreamCall::*step)(bool)) {
    return loop_.Then([self = shared_from_this(), step](bool ok) { (self.get()->*step)(ok); });
  }

  web::Response Head() const {
    web::Response head{.content_type = in_.head.codec == Codec::kJson
                                           ? "application/connect+json"
                                           : "application/connect+proto"};
    head.headers.Set("Cache-Control", "no-store");
    head.headers.Set("Connect-Accept-Encoding", "gzip");
    if (in_.head.gzip_answer) head.headers.Set("Connect-Content-Encoding", "gzip");
    return head;
  }

  // Each step begins the next, unless the program stops: then no operation of gRPC's may begin.

  void OnStarted(bool ok) {
    if (loop_.stopping()) return End(Stopping());
    if (!ok) return Finish();
    rpc_->WriteLast(request_, grpc::WriteOptions(), Then(&StreamCall::OnSent));
  }
  void OnSent(bool ok) {
    request_.Clear();
    if (loop_.stopping()) return End(Stopping());
    if (!ok) return Finish();
    Read();
  }
  void Read() {
    if (loop_.stopping()) return End(Stopping());
    rpc_->Read(&answer_, Then(&StreamCall::OnRead));
  }
  void OnRead(bool ok) {
    if (loop_.stopping()) return End(Stopping());
    if (!ok) return Finish();
    std::variant<std::string, Error> made = AnswerMessage(in_.head, answer_);
    answer_.Clear();
    if (const Error* wrong = std::get_if<Error>(&made)) {
      Cancel();
      return End(*wrong);
    }
    std::string message = std::get<std::string>(std::move(made));
    const bool gzip = in_.head.gzip_answer && message.size() >= kLeastCompressed;
    if (gzip) message = Gzip(message);
    const uint8_t flags = gzip ? Envelope::kCompressed : 0;
    out_.Write(WriteEnvelope({flags, message}), [self = shared_from_this()](bool written) {
      if (!written) return self->Cancel();
      self->loop_.Post([self] { self->Read(); });
    });
  }

  void Finish() { rpc_->Finish(&status_, Then(&StreamCall::OnFinished)); }
  void OnFinished(bool) {
    if (status_.ok()) return EndWith("{}");
    const bool ours = loop_.stopping() && status_.error_code() == grpc::StatusCode::CANCELLED;
    End(ours ? Stopping() : CallError(in_.head, status_));
  }

  void End(const Error& error) { EndWith("{\"error\":" + ToJson(error) + "}"); }
  void EndWith(std::string_view json) {
    in_.body = {};
    in_.ticket.Leave();
    out_.Write(WriteEnvelope({Envelope::kEndOfStream, json}), [](bool) {});
    out_.Finish();
  }

  CallLoop& loop_;
  Incoming in_;
  web::ResponseStream out_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> rpc_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer answer_;
  grpc::Status status_;
};

}  // namespace

void CallStream(CallLoop& loop, Incoming incoming) {
  std::make_shared<StreamCall>(loop, std::move(incoming))->Start();
}

}  // namespace carillon::connect
