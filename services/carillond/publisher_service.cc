#include "publisher_service.h"

#include <deque>
#include <mutex>

#include "carillon/base/text.h"
#include "carillon/v1/publisher.grpc.pb.h"

namespace carillon::server {
namespace {

/// Messages of one stream taken ahead of their answers (as the proto says).
constexpr size_t kMaxAhead = 64;

grpc::Status ToGrpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

grpc::ByteBuffer EncodeError(const absl::Status& status) {
  v1::PublishStreamResponse response;
  response.mutable_error()->set_code(static_cast<int32_t>(status.code()));
  response.mutable_error()->set_message(std::string(status.message()));
  const std::string bytes = response.SerializeAsString();
  grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

/// One PublishStream call. gRPC calls On...() on its threads, the journal answers on its own; a
/// mutex orders them. What is to be started is decided under it and started after it, since gRPC
/// may call back from within. The reactor lives until gRPC is done with it and every message taken
/// is answered.
class Stream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                     public std::enable_shared_from_this<Stream> {
 public:
  explicit Stream(Publishing& publishing) : publishing_(publishing) {}

  void Begin() {
    self_ = shared_from_this();
    StartRead(&incoming_);
  }

  void OnReadDone(bool ok) override {
    uint64_t number = 0;
    {
      std::lock_guard lock(mutex_);
      number = first_ + slots_.size();
      if (ok) slots_.emplace_back();
    }
    if (ok) {
      publishing_.Publish(incoming_, [self = shared_from_this(), number](auto answer) {
        self->OnAnswer(number, std::move(answer));
      });
      incoming_.Clear();
    }
    Next([&] {
      reads_ended_ = !ok;
      read_waits_ = ok;
    });
  }

  void OnWriteDone(bool ok) override {
    Next([&] {
      writing_ = false;
      broken_ = broken_ || !ok;
      slots_.pop_front();
      ++first_;
    });
  }

  void OnCancel() override {
    Next([&] { broken_ = true; });
  }

  void OnDone() override { self_.reset(); }

 private:
  struct Slot {
    bool ready = false;
    grpc::ByteBuffer bytes;
  };

  void OnAnswer(uint64_t number, absl::StatusOr<grpc::ByteBuffer> answer) {
    Next([&] {
      Slot& slot = slots_[number - first_];
      slot.bytes = answer.ok() ? *std::move(answer) : EncodeError(answer.status());
      slot.ready = true;
    });
  }

  /// Takes `change` in, then starts what can go on: writing the oldest answer when it is ready,
  /// reading when there is room, finishing when all is said.
  template <typename Change>
  void Next(Change change) {
    grpc::ByteBuffer* write = nullptr;
    bool read = false;
    bool finish = false;
    {
      std::lock_guard lock(mutex_);
      change();
      if (!writing_) {
        if (broken_) DropReady();
        if (!slots_.empty() && slots_.front().ready) write = &slots_.front().bytes;
        writing_ = write != nullptr;
      }
      read = read_waits_ && slots_.size() < kMaxAhead;
      if (read) read_waits_ = false;
      finish = reads_ended_ && !writing_ && slots_.empty() && !finished_;
      if (finish) finished_ = true;
    }
    if (write != nullptr) StartWrite(write);
    if (read) StartRead(&incoming_);
    if (finish) Finish(grpc::Status::OK);
  }

  void DropReady() {
    while (!slots_.empty() && slots_.front().ready) {
      slots_.pop_front();
      ++first_;
    }
  }

  Publishing& publishing_;
  std::shared_ptr<Stream> self_;  ///< held while gRPC knows the reactor
  std::mutex mutex_;
  grpc::ByteBuffer incoming_;
  std::deque<Slot> slots_;  ///< messages taken and not yet answered, oldest first; stable in memory
  uint64_t first_ = 0;      ///< number of the oldest slot's message
  bool writing_ = false;
  bool read_waits_ = false;  ///< a read may start as soon as there is room
  bool reads_ended_ = false;
  bool broken_ = false;  ///< the client is gone: answers are dropped
  bool finished_ = false;
};

using RawService = v1::EventPublisher::WithRawCallbackMethod_Publish<
    v1::EventPublisher::WithRawCallbackMethod_PublishStream<v1::EventPublisher::Service>>;

class PublisherService final : public RawService {
 public:
  explicit PublisherService(Publishing& publishing) : publishing_(publishing) {}

  grpc::ServerUnaryReactor* Publish(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    publishing_.Publish(*request, [reactor, response](absl::StatusOr<grpc::ByteBuffer> answer) {
      if (!answer.ok()) {
        reactor->Finish(ToGrpc(answer.status()));
        return;
      }
      response->Swap(&*answer);
      reactor->Finish(grpc::Status::OK);
    });
    return reactor;
  }

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* PublishStream(
      grpc::CallbackServerContext*) override {
    auto stream = std::make_shared<Stream>(publishing_);
    stream->Begin();
    return stream.get();
  }

 private:
  Publishing& publishing_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakePublisherService(Publishing& publishing) {
  return std::make_unique<PublisherService>(publishing);
}

}  // namespace carillon::server
