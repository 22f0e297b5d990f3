// Guests' methods over gRPC, with a real socket.

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "carillon/aip/error.h"
#include "carillon/base/mutex.h"
#include "guest_server.h"

namespace carillon::rpc {
namespace {

using ::testing::HasSubstr;

grpc::ByteBuffer Bytes(const std::string& text) {
  grpc::Slice slice(text);
  return grpc::ByteBuffer(&slice, 1);
}

std::string Text(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(bytes.Dump(&slices).ok());
  std::string text;
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

v1::ErrorReason ReasonOf(const grpc::Status& status) {
  google::rpc::Status rpc;
  EXPECT_TRUE(rpc.ParseFromString(status.error_details()));
  return aip::ReasonOf(aip::FromRpc(rpc));
}

/// A time that the test moves.
class SetClock final : public base::Clock {
 public:
  base::MonoTime Mono() const override { return base::MonoTime(std::chrono::seconds(seconds_)); }
  base::WallTime Wall() const override { return base::WallTime(std::chrono::seconds(seconds_)); }
  void Advance(std::chrono::seconds by) { seconds_ += by.count(); }

 private:
  std::atomic<int64_t> seconds_{1'000'000};
};

/// Calls that the test has to end, in the order in which they came. Thread-safe.
class Held {
 public:
  void Add(grpc::ByteBuffer message, GuestCall& call) {
    const base::MutexLock lock(mutex_);
    calls_.emplace_back(Text(message), &call);
    came_.NotifyOne();
  }
  std::pair<std::string, GuestCall*> Next() {
    const base::MutexLock lock(mutex_);
    while (calls_.empty()) came_.Wait(mutex_);
    auto next = std::move(calls_.front());
    calls_.pop_front();
    return next;
  }

 private:
  base::Mutex mutex_;
  base::CondVar came_;
  std::deque<std::pair<std::string, GuestCall*>> calls_ ABSL_GUARDED_BY(mutex_);
};

class GuestTest : public ::testing::Test {
 protected:
  /// A method that lets every call begin and keeps it in `held_`.
  GuestMethod Holding() {
    return {"test.Guest/Hold", [this](const grpc::ServerContextBase&) {
              return GuestHandler([this](grpc::ByteBuffer message, GuestCall& call) {
                held_.Add(std::move(message), call);
              });
            }};
  }
  static GuestMethod Echoing() {
    return {"test.Guest/Echo", [](const grpc::ServerContextBase&) {
              return GuestHandler([](grpc::ByteBuffer message, GuestCall& call) {
                call.Answer(std::move(message));
              });
            }};
  }
  static GuestMethod Refusing() {
    return {"test.Guest/Refuse",
            [](const grpc::ServerContextBase& head) -> absl::StatusOr<GuestHandler> {
              EXPECT_EQ(head.client_metadata().count("who"), 1u);
              return aip::MakeError(v1::ROLE_FORBIDDEN, "not you");
            }};
  }
  void Serve(
      std::vector<GuestMethod> methods,
      GuestService::CheckHead check = [](const grpc::ServerContext&) { return grpc::Status::OK; }) {
    server_ = std::make_unique<GuestServer>(
        std::vector<Guest>{{.name = "test.Guest", .methods = std::move(methods)}}, clock_,
        std::move(check));
  }

  /// One call, whose answer is awaited by `Await`.
  struct Calling {
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream;
    grpc::Status status;

    ~Calling() {
      queue.Shutdown();
      void* tag = nullptr;
      bool ok = false;
      while (queue.Next(&tag, &ok)) {
      }
    }
    bool Step() {
      void* tag = nullptr;
      bool ok = false;
      return queue.Next(&tag, &ok) && ok;
    }
    /// The next message, or nullopt at the end.
    std::optional<std::string> Read() {
      grpc::ByteBuffer message;
      stream->Read(&message, nullptr);
      if (!Step()) return std::nullopt;
      return Text(message);
    }
    grpc::Status Finish() {
      stream->Finish(&status, nullptr);
      Step();
      return status;
    }
  };
  /// Without a message where `message` is null.
  std::unique_ptr<Calling> Begin(const std::string& method, const std::string* message) {
    auto calling = std::make_unique<Calling>();
    calling->context.AddMetadata("who", "me");
    calling->stream = grpc::GenericStub(server_->channel())
                          .PrepareCall(&calling->context, "/test.Guest/" + method, &calling->queue);
    calling->stream->StartCall(nullptr);
    EXPECT_TRUE(calling->Step());
    if (message == nullptr) return calling;
    calling->stream->WriteLast(Bytes(*message), grpc::WriteOptions(), nullptr);
    calling->Step();
    return calling;
  }
  std::unique_ptr<Calling> Begin(const std::string& method, const std::string& message) {
    return Begin(method, &message);
  }
  absl::StatusOr<std::string> Call(const std::string& method, const std::string& message,
                                   grpc::Status* status = nullptr) {
    const auto calling = Begin(method, message);
    const auto answer = calling->Read();
    const grpc::Status end = calling->Finish();
    if (status != nullptr) *status = end;
    if (end.ok() && answer) return *answer;
    return absl::Status(static_cast<absl::StatusCode>(end.error_code()), end.error_message());
  }
  /// Looks for calls that are idle.
  void Look() {
    std::latch looked{1};
    server_->service().Post([&] {
      server_->service().Look();
      looked.count_down();
    });
    looked.wait();
  }

  SetClock clock_;
  Held held_;
  std::unique_ptr<GuestServer> server_;
};

TEST_F(GuestTest, ACallThatTakesLongHoldsTheQueueThatTookItUpInNothing) {
  std::latch begun{1}, go{1}, ran{1};
  Serve({{"test.Guest/Slow", [&](const grpc::ServerContextBase&) {
            return GuestHandler([&](grpc::ByteBuffer message, GuestCall& call) {
              begun.count_down();
              go.wait();
              call.Answer(std::move(message));
            });
          }}});
  const auto calling = Begin("Slow", "hello");
  begun.wait();
  server_->queue().Post([&ran] { ran.count_down(); });
  ran.wait();
  go.count_down();
  EXPECT_EQ(calling->Read(), "hello");
  EXPECT_TRUE(calling->Finish().ok());
}

TEST_F(GuestTest, AMessageIsAnsweredWithAMessage) {
  Serve({Echoing()});
  EXPECT_EQ(*Call("Echo", "hello"), "hello");
  EXPECT_EQ(*Call("Echo", ""), "");
}

TEST_F(GuestTest, WhatNobodyHasIsUnimplemented) {
  Serve({Echoing()});
  EXPECT_EQ(Call("Nothing", "hello").status().code(), absl::StatusCode::kUnimplemented);
}

TEST_F(GuestTest, ACallIsRefusedByItsHeadWithoutItsMessage) {
  Serve({Refusing()});
  const auto calling = Begin("Refuse", nullptr);
  const grpc::Status status = calling->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(status), v1::ROLE_FORBIDDEN);
}

TEST_F(GuestTest, AHeadOverItsBoundIsRefusedBeforeItsMethodIsAsked) {
  Serve({Refusing()}, [](const grpc::ServerContext&) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "too large");
  });
  EXPECT_THAT(Call("Refuse", "").status().message(), HasSubstr("too large"));
}

TEST_F(GuestTest, AnErrorCarriesItsDetailsAndNothingOfTheInside) {
  Serve({Holding()});
  auto calling = Begin("Hold", "a");
  held_.Next().second->Finish(aip::MakeError(v1::ETAG_MISMATCH, "somebody was faster"));
  grpc::Status status = calling->Finish();
  EXPECT_EQ(status.error_message(), "somebody was faster");
  EXPECT_EQ(ReasonOf(status), v1::ETAG_MISMATCH);
  calling = Begin("Hold", "a");
  held_.Next().second->Finish(absl::InternalError("/var/lib/secret.db is damaged"));
  status = calling->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(status.error_message().find("secret.db"), std::string::npos);
}

TEST_F(GuestTest, SeveralMessagesComeInOrderEachAfterTheOneBefore) {
  Serve({Holding()});
  const auto calling = Begin("Hold", "go");
  GuestCall& call = *held_.Next().second;
  for (const char* const text : {"one", "two"}) {
    std::promise<bool> written;
    call.Write(Bytes(text), [&](bool ok) { written.set_value(ok); });
    EXPECT_TRUE(written.get_future().get());
  }
  std::promise<bool> last;
  call.Write(Bytes("three"), [&](bool ok) { last.set_value(ok); });
  call.Finish(absl::OkStatus());  // comes behind what is being written
  EXPECT_TRUE(last.get_future().get());
  for (const char* const text : {"one", "two", "three"}) EXPECT_EQ(calling->Read(), text);
  EXPECT_EQ(calling->Read(), std::nullopt);
  EXPECT_TRUE(calling->Finish().ok());
}

TEST_F(GuestTest, AGuestIsToldThatTheClientHasGone) {
  Serve({Holding()});
  const auto calling = Begin("Hold", "a");
  GuestCall& call = *held_.Next().second;
  EXPECT_FALSE(call.cancelled());
  std::latch told{1};
  call.WhenCancelled([&] { told.count_down(); });
  calling->context.TryCancel();
  told.wait();
  EXPECT_TRUE(call.cancelled());
  std::promise<bool> written;
  call.Write(Bytes("to nobody"), [&](bool ok) { written.set_value(ok); });
  EXPECT_FALSE(written.get_future().get());
  call.Answer(Bytes("to nobody"));
  EXPECT_EQ(calling->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(GuestTest, WhoAsksLaterIsToldAtOnceThatTheClientHasGone) {
  Serve({Holding()});
  const auto calling = Begin("Hold", "a");
  GuestCall& call = *held_.Next().second;
  calling->context.TryCancel();
  while (!call.cancelled()) std::this_thread::yield();
  std::latch told{1};
  call.WhenCancelled([&] { told.count_down(); });
  told.wait();
  call.Finish(absl::CancelledError("gone"));
}

TEST_F(GuestTest, AMessageThatDoesNotComeEndsTheCall) {
  Serve({Holding(), Echoing()});
  const auto calling = Begin("Hold", nullptr);
  EXPECT_EQ(*Call("Echo", "x"), "x");  // the server has the other call by now
  clock_.Advance(GuestService::kMaxIdle - std::chrono::seconds(1));
  Look();
  EXPECT_EQ(*Call("Echo", "x"), "x");
  clock_.Advance(std::chrono::seconds(1));
  Look();
  const grpc::Status status = calling->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_THAT(status.error_message(), HasSubstr("did not come"));
}

TEST_F(GuestTest, ACallThatIsServedIsNotIdle) {
  Serve({Holding()});
  const auto calling = Begin("Hold", "a");
  GuestCall& call = *held_.Next().second;
  clock_.Advance(10 * GuestService::kMaxIdle);
  Look();
  call.Answer(Bytes("late"));
  EXPECT_EQ(calling->Read(), "late");
  EXPECT_TRUE(calling->Finish().ok());
}

TEST_F(GuestTest, AMessageOverTheBoundIsRefused) {
  Serve({Echoing()});
  grpc::Status status;
  EXPECT_FALSE(Call("Echo", std::string(GuestService::kMaxMessageBytes + 1, 'x'), &status).ok());
  EXPECT_EQ(ReasonOf(status), v1::REQUEST_TOO_LARGE);
  EXPECT_EQ(*Call("Echo", "x"), "x");
}

TEST_F(GuestTest, CallsUnderWayAndTheirBytesHaveABound) {
  Serve({Holding()});
  std::vector<std::unique_ptr<Calling>> calls;
  std::vector<GuestCall*> held;
  const std::string large(GuestService::kMaxMessageBytes, 'x');
  const auto begin = [&](const std::string& message) {
    calls.push_back(Begin("Hold", message));
    held.push_back(held_.Next().second);
  };
  for (size_t n = 0; n < GuestService::kMaxHeldBytes / large.size(); ++n) begin(large);
  grpc::Status status;
  EXPECT_FALSE(Call("Hold", large, &status).ok());
  EXPECT_EQ(ReasonOf(status), v1::RATE_LIMITED);
  EXPECT_THAT(status.error_message(), HasSubstr("too large in all"));
  // What has its answer takes no room any more.
  held.back()->Answer(Bytes(""));
  EXPECT_EQ(calls.back()->Read(), "");
  held.pop_back();
  while (held.size() < GuestService::kMaxCalls) begin("");
  EXPECT_FALSE(Call("Hold", "", &status).ok());
  EXPECT_EQ(ReasonOf(status), v1::RATE_LIMITED);
  EXPECT_THAT(status.error_message(), HasSubstr("too many calls"));
  for (GuestCall* const call : held) call->Answer(Bytes(""));
}

TEST_F(GuestTest, AStopWaitsForWhatGuestsHaveAndCancelsIt) {
  Serve({Holding()});
  const auto calling = Begin("Hold", "a");
  const auto unsent = Begin("Hold", nullptr);
  GuestCall& call = *held_.Next().second;
  std::latch told{1};
  call.WhenCancelled([&] { told.count_down(); });
  std::promise<void> stopped;
  std::thread stopping([&] {
    server_->Stop(std::chrono::milliseconds(0));
    stopped.set_value();
  });
  told.wait();
  auto end = stopped.get_future();
  EXPECT_EQ(end.wait_for(std::chrono::milliseconds(0)), std::future_status::timeout);
  call.Finish(absl::UnavailableError("stopping"));
  end.wait();
  stopping.join();
  EXPECT_FALSE(calling->Finish().ok());
  EXPECT_FALSE(unsent->Finish().ok());
}

}  // namespace
}  // namespace carillon::rpc
