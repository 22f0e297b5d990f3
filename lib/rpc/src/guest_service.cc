#include "guest_service.h"

#include <atomic>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"

namespace carillon::rpc {
namespace {

/// Calls that may arrive at once without waiting to be asked for.
constexpr int kCallsAhead = 8;

absl::Status TooMany(const char* what) {
  absl::Status status = aip::QuotaExceeded(v1::RATE_LIMITED, what, "calls");
  aip::AddRetry(status, std::chrono::seconds(1));
  return status;
}

/// With its details, and without what would tell of the inside.
grpc::Status Told(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status rpc = aip::ToRpc(status);
  return {static_cast<grpc::StatusCode>(rpc.code()), rpc.message(), rpc.SerializeAsString()};
}

}  // namespace

/// One call, from before it arrives. It is gone when its status was sent and gRPC said that the
/// call is over. Made on any thread; all else on that of its queue.
class GuestService::Call final : public CallQueue::Call, IdleList::Member, GuestCall {
 public:
  /// `taken` is told by `from` when it has arrived.
  Call(GuestService& service, CallQueue& from, CallQueue::Tag& taken)
      : CallQueue::Call(*service.queue_), service_(service) {
    context_.AsyncNotifyWhenDone(over_.tag());
    service_.service_.RequestCall(&context_, &stream_, queue_.operations(), from.get(),
                                  taken.tag());
  }

  /// It has arrived; false: the server is shut down. Any thread.
  void Take(bool ok) {
    queue_.Post([this, ok] { OnTaken(ok); });
  }

 private:
  /// How it ends.
  struct End {
    std::optional<grpc::ByteBuffer> message;
    grpc::Status status;
  };

  const grpc::ServerContextBase& context() const override { return context_; }

  bool cancelled() const override { return cancelled_.load(std::memory_order_acquire); }

  void WhenCancelled(absl::AnyInvocable<void()> when) override {
    queue_.Post([this, when = std::move(when)]() mutable {
      if (end_) return;
      when_cancelled_ = std::move(when);
      TellCancelled();
    });
  }

  void Write(grpc::ByteBuffer message, absl::AnyInvocable<void(bool)> written) override {
    queue_.Post([this, message = std::move(message), written = std::move(written)]() mutable {
      when_written_ = std::move(written);
      writing_ = true;
      stream_.Write(message, written_.tag());
    });
  }

  void Answer(grpc::ByteBuffer message) override {
    queue_.Post([this, message = std::move(message)]() mutable {
      Conclude({.message = std::move(message), .status = grpc::Status::OK});
    });
  }

  void Finish(const absl::Status& status) override {
    queue_.Post([this, status] { Conclude({.message = std::nullopt, .status = Told(status)}); });
  }

  void OnTaken(bool ok) {
    if (!ok) {  // the server is shut down; gRPC does not say that the call is over
      delete this;
      return;
    }
    if (grpc::Status status = Begin(); !status.ok()) {
      Conclude({.message = std::nullopt, .status = std::move(status)});
      return;
    }
    service_.idle_.Add(*this);
    reading_ = true;
    stream_.Read(&message_, read_.tag());
  }

  grpc::Status Begin() {
    const GuestMethod* const method = service_.Find(context_.method());
    if (method == nullptr) return {grpc::StatusCode::UNIMPLEMENTED, "there is no such method"};
    if (grpc::Status status = service_.check_head_(context_); !status.ok()) return status;
    absl::StatusOr<GuestHandler> handler = method->begin(context_);
    if (!handler.ok()) return Told(handler.status());
    if (service_.calls_ >= kMaxCalls) return Told(TooMany("too many calls are under way"));
    handler_ = *std::move(handler);
    ++service_.calls_;
    counted_ = true;
    return grpc::Status::OK;
  }

  void OnRead(bool ok) {
    reading_ = false;
    if (end_) {
      MaybeGo();
      return;
    }
    service_.idle_.Remove(*this);
    if (absl::Status status = TakeMessage(ok); !status.ok()) {
      Conclude({.message = std::nullopt, .status = Told(status)});
      return;
    }
    GuestHandler handler = std::move(handler_);
    handler(std::move(message_), *this);
  }

  /// Whether there is a message to be handed on.
  absl::Status TakeMessage(bool ok) {
    if (!ok) return absl::InvalidArgumentError("the call has no message");  // or no caller any more
    held_bytes_ = message_.Length();
    service_.held_bytes_ += held_bytes_;
    if (held_bytes_ > kMaxMessageBytes) {
      return aip::MakeError(v1::REQUEST_TOO_LARGE,
                            absl::StrCat("the message has ", held_bytes_, " bytes, at most ",
                                         kMaxMessageBytes, " are allowed"));
    }
    if (service_.held_bytes_ <= kMaxHeldBytes) return absl::OkStatus();
    return TooMany("the messages of calls that are under way are too large in all");
  }

  void OnWritten(bool ok) {
    writing_ = false;
    std::exchange(when_written_, nullptr)(ok);
    if (end_) SendEnd();
  }

  void OnOver(bool) {
    over_seen_ = true;
    if (context_.IsCancelled()) cancelled_.store(true, std::memory_order_release);
    TellCancelled();
    MaybeGo();
  }

  void TellCancelled() {
    if (cancelled() && when_cancelled_) std::exchange(when_cancelled_, nullptr)();
  }

  void OnIdle() override {
    service_.idle_.Remove(*this);
    Conclude({.message = std::nullopt,
              .status = {grpc::StatusCode::DEADLINE_EXCEEDED,
                         "the message of the call did not come in time"}});
  }

  /// From here on it takes no place: who has the answer may call again at once.
  void Conclude(End end) {
    end_ = std::move(end);
    when_cancelled_ = nullptr;
    handler_ = nullptr;
    if (counted_) --service_.calls_;
    service_.held_bytes_ -= held_bytes_;
    if (!writing_) SendEnd();
  }

  void SendEnd() {
    if (end_->message) {
      stream_.WriteAndFinish(*end_->message, grpc::WriteOptions(), end_->status, finished_.tag());
    } else {
      stream_.Finish(end_->status, finished_.tag());
    }
  }

  void OnFinished(bool) {
    finished_seen_ = true;
    MaybeGo();
  }

  void MaybeGo() {
    if (reading_ || !over_seen_ || !finished_seen_) return;
    service_.idle_.Remove(*this);
    delete this;
  }

  GuestService& service_;
  CallQueue::Step<Call> read_{*this, &Call::OnRead};
  CallQueue::Step<Call> written_{*this, &Call::OnWritten};
  CallQueue::Step<Call> over_{*this, &Call::OnOver};
  CallQueue::Step<Call> finished_{*this, &Call::OnFinished};
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_{&context_};
  grpc::ByteBuffer message_;
  size_t held_bytes_ = 0;  ///< counted in the service
  GuestHandler handler_;   ///< until it is called
  absl::AnyInvocable<void()> when_cancelled_;
  absl::AnyInvocable<void(bool)> when_written_;
  std::optional<End> end_;  ///< nothing begins any more
  std::atomic<bool> cancelled_{false};
  bool counted_ = false;  ///< has a place in the service
  bool reading_ = false;
  bool writing_ = false;
  bool over_seen_ = false;
  bool finished_seen_ = false;
};

/// Waits for a call, on a queue that takes some; makes its successor when one has come.
class GuestService::Arrival final : CallQueue::Call {
 public:
  Arrival(CallQueue& queue, GuestService& service)
      : CallQueue::Call(queue),
        service_(service),
        call_(new GuestService::Call(service, queue, taken_)) {}

 private:
  void OnTaken(bool ok) {
    if (ok) new Arrival(queue_, service_);  // owns itself
    call_->Take(ok);
    delete this;
  }

  GuestService& service_;
  CallQueue::Step<Arrival> taken_{*this, &Arrival::OnTaken};
  GuestService::Call* const call_;  ///< owns itself
};

GuestService::GuestService(const std::vector<Guest>& guests, CheckHead check_head,
                           const base::Clock& clock)
    : check_head_(std::move(check_head)), idle_(kMaxIdle, clock) {
  for (const Guest& guest : guests) {
    for (const GuestMethod& method : guest.methods) methods_["/" + method.name] = method;
  }
}

GuestService::~GuestService() { Stop(); }

void GuestService::Start(CallQueue& queue) {
  for (int i = 0; i < kCallsAhead; ++i) new Arrival(queue, *this);  // own themselves
  ticks_ = QueueTicks::Start(*queue_, [this] { Look(); });
  queue_->Start("control");
}

void GuestService::Stop() {
  if (QueueTicks* const ticks = std::exchange(ticks_, nullptr); ticks != nullptr) {
    queue_->Post([ticks] { ticks->End(); });
  }
  queue_->Stop();
}

const GuestMethod* GuestService::Find(const std::string& path) const {
  const auto found = methods_.find(path);
  return found == methods_.end() ? nullptr : &found->second;
}

}  // namespace carillon::rpc
