#include "stream_call.h"

#include <deque>

namespace carillon::server {
namespace {

/// Messages of one stream taken ahead of their answers (as the proto says).
constexpr size_t kMaxAhead = 64;

grpc::ByteBuffer EncodeError(const absl::Status& status) {
  v1::PublishStreamResponse response;
  response.mutable_error()->set_code(static_cast<int32_t>(status.code()));
  response.mutable_error()->set_message(std::string(status.message()));
  const std::string bytes = response.SerializeAsString();
  grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

/// One PublishStream call. It is gone when the client ended its side, or is gone itself, and every
/// message taken is answered.
class StreamCall final : CallQueue::Call {
 public:
  StreamCall(CallQueue& queue, RawService& service, Publishing& publishing)
      : Call(queue), service_(service), publishing_(publishing) {
    service_.RequestPublishStream(&context_, &stream_, queue.get(), queue.get(), taken_.tag());
  }

 private:
  struct Slot {
    bool ready = false;
    grpc::ByteBuffer bytes;
  };

  void OnTaken(bool ok) {
    if (!ok) {  // the server is shut down
      delete this;
      return;
    }
    AcceptStream(queue_, service_, publishing_);
    read_waits_ = true;
    Next();
  }

  void OnRead(bool ok) {
    if (ok) {
      const uint64_t number = first_ + slots_.size();
      slots_.emplace_back();
      publishing_.Publish(incoming_, queue_,
                          [this, number](auto answer) { OnAnswer(number, std::move(answer)); });
      incoming_.Clear();
    }
    reads_ended_ = !ok;
    read_waits_ = ok;
    Next();
  }

  void OnAnswer(uint64_t number, absl::StatusOr<grpc::ByteBuffer> answer) {
    Slot& slot = slots_[number - first_];
    slot.bytes = answer.ok() ? *std::move(answer) : EncodeError(answer.status());
    slot.ready = true;
    Next();
  }

  void OnWritten(bool ok) {
    writing_ = false;
    broken_ = broken_ || !ok;
    DropFirst();
    Next();
  }

  void OnFinished(bool) { delete this; }

  /// Starts what can go on: writing the oldest answer when it is ready, reading when there is room,
  /// finishing when all is said.
  void Next() {
    while (broken_ && !writing_ && !slots_.empty() && slots_.front().ready) DropFirst();
    if (!writing_ && !slots_.empty() && slots_.front().ready) {
      writing_ = true;
      stream_.Write(slots_.front().bytes, written_.tag());
    }
    if (read_waits_ && slots_.size() < kMaxAhead) {
      read_waits_ = false;
      stream_.Read(&incoming_, read_.tag());
    }
    if (reads_ended_ && slots_.empty()) stream_.Finish(grpc::Status::OK, finished_.tag());
  }

  void DropFirst() {
    slots_.pop_front();
    ++first_;
  }

  RawService& service_;
  Publishing& publishing_;
  CallQueue::Step<StreamCall> taken_{*this, &StreamCall::OnTaken};
  CallQueue::Step<StreamCall> read_{*this, &StreamCall::OnRead};
  CallQueue::Step<StreamCall> written_{*this, &StreamCall::OnWritten};
  CallQueue::Step<StreamCall> finished_{*this, &StreamCall::OnFinished};
  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer> stream_{&context_};
  grpc::ByteBuffer incoming_;
  std::deque<Slot> slots_;  ///< messages taken and not yet answered, oldest first; stable in memory
  uint64_t first_ = 0;      ///< number of the oldest slot's message
  bool writing_ = false;    ///< the oldest slot's answer
  bool read_waits_ = false;  ///< a read may start as soon as there is room
  bool reads_ended_ = false;
  bool broken_ = false;  ///< the client is gone: answers are dropped
};

}  // namespace

void AcceptStream(CallQueue& queue, RawService& service, Publishing& publishing) {
  new StreamCall(queue, service, publishing);  // owns itself
}

}  // namespace carillon::server
