#include "stream_call.h"

#include <deque>
#include <optional>

#include "carillon/aip/error.h"

namespace carillon::rpc {
namespace {

/// Messages of one stream taken ahead of their answers (as the proto says).
constexpr size_t kMaxAhead = 64;
constexpr std::string_view kPublishStream = "carillon.v1.EventPublisher/PublishStream";

grpc::ByteBuffer EncodeError(const absl::Status& status) {
  v1::PublishStreamResponse response;
  response.mutable_error()->set_code(static_cast<int32_t>(status.code()));
  response.mutable_error()->set_message(std::string(status.message()));
  if (google::rpc::RetryInfo retry; aip::GetDetail(status, retry)) {
    *response.mutable_error()->mutable_retry_delay() = retry.retry_delay();
  }
  const std::string bytes = response.SerializeAsString();
  grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

/// One PublishStream call. It is gone when the client ended its side, or is gone itself, and every
/// message taken is answered.
class StreamCall final : CallQueue::Call, IdleList::Member {
 public:
  explicit StreamCall(Streams& streams) : Call(streams.queue), streams_(streams) {
    streams.service.RequestPublishStream(&context_, &stream_, queue_.get(), queue_.get(),
                                         taken_.tag());
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
    AcceptStream(streams_);
    peer_ = streams_.peer_host ? streams_.peer_host(context_.peer()) : PeerHost(context_.peer());
    entered_ = streams_.room.Enter(peer_);
    status_ = streams_.publishing.CheckHead(context_);
    if (status_.ok() && !entered_) {
      streams_.publishing.CountRefusedStream();
      status_ = NoRoom();
    }
    if (status_.ok()) {
      auto caller = streams_.publishing.Admit(context_, kPublishStream);
      status_ = ToGrpc(caller.status());
      if (caller.ok()) caller_ = *std::move(caller);
    }
    if (!status_.ok()) {
      End();
      return;
    }
    trace_ = streams_.publishing.ReadTrace(context_);
    streams_.idle.Add(*this);
    writing_ = true;  // clients that wait for it before they send would wait forever
    stream_.SendInitialMetadata(greeted_.tag());
    read_waits_ = true;
    Next();
  }

  void OnGreeted(bool ok) {
    writing_ = false;
    broken_ = broken_ || !ok;
    Next();
  }

  void OnRead(bool ok) {
    reading_ = false;
    if (ended_) {
      MaybeGo();
      return;
    }
    if (ok) {
      streams_.idle.Touch(*this);
      const uint64_t number = first_ + slots_.size();
      slots_.emplace_back();
      streams_.publishing.Publish(incoming_, queue_, trace_, caller_, [this, number](auto answer) {
        OnAnswer(number, std::move(answer));
      });
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

  void OnFinished(bool) {
    finished_seen_ = true;
    MaybeGo();
  }

  /// What was sent waits for the disk: then it is not the client that is silent.
  void OnIdle() override {
    if (ended_ || reads_ended_ || writing_ || !slots_.empty()) return;
    status_ = {grpc::StatusCode::UNAVAILABLE,
               "the stream sent nothing for too long (server.max_stream_idle); open another one"};
    End();
  }

  static grpc::Status NoRoom() {
    return {grpc::StatusCode::RESOURCE_EXHAUSTED,
            "too many streams are open (server.max_streams, server.max_streams_per_peer); use one "
            "for many messages, or try again after a pause"};
  }

  void End() {
    ended_ = true;
    stream_.Finish(status_, finished_.tag());
  }

  void MaybeGo() {
    if (reading_ || !finished_seen_) return;
    streams_.idle.Remove(*this);
    if (entered_) streams_.room.Leave(peer_);
    delete this;
  }

  /// Starts what can go on: writing the oldest answer when it is ready, reading when there is room,
  /// finishing when all is said.
  void Next() {
    if (ended_) return;
    while (broken_ && !writing_ && !slots_.empty() && slots_.front().ready) DropFirst();
    if (!writing_ && !slots_.empty() && slots_.front().ready) {
      writing_ = true;
      stream_.Write(slots_.front().bytes, written_.tag());
    }
    if (read_waits_ && slots_.size() < kMaxAhead) {
      read_waits_ = false;
      reading_ = true;
      stream_.Read(&incoming_, read_.tag());
    }
    if (reads_ended_ && slots_.empty() && !writing_) End();
  }

  void DropFirst() {
    slots_.pop_front();
    ++first_;
  }

  Streams& streams_;
  CallQueue::Step<StreamCall> taken_{*this, &StreamCall::OnTaken};
  CallQueue::Step<StreamCall> greeted_{*this, &StreamCall::OnGreeted};
  CallQueue::Step<StreamCall> read_{*this, &StreamCall::OnRead};
  CallQueue::Step<StreamCall> written_{*this, &StreamCall::OnWritten};
  CallQueue::Step<StreamCall> finished_{*this, &StreamCall::OnFinished};
  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer> stream_{&context_};
  grpc::ByteBuffer incoming_;
  std::deque<Slot> slots_;  ///< messages taken and not yet answered, oldest first; stable in memory
  uint64_t first_ = 0;      ///< number of the oldest slot's message
  std::string peer_;
  Publishing::Caller caller_;                 ///< null when nobody is asked
  std::optional<model::TraceContext> trace_;  ///< of every message that has none of its own
  grpc::Status status_;                       ///< how it ends
  bool entered_ = false;                      ///< has a place in the room
  bool writing_ = false;                      ///< the initial metadata, or the oldest slot's answer
  bool reading_ = false;
  bool read_waits_ = false;  ///< a read may start as soon as there is room
  bool reads_ended_ = false;
  bool broken_ = false;  ///< the client is gone: answers are dropped
  bool ended_ = false;   ///< its status is on its way
  bool finished_seen_ = false;
};

}  // namespace

void AcceptStream(Streams& streams) {
  new StreamCall(streams);  // owns itself
}

}  // namespace carillon::rpc
