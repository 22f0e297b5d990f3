#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "absl/synchronization/notification.h"
#include "carillon/v1/publisher.grpc.pb.h"
#include "held_journal.h"
#include "publisher_service.h"

namespace carillon::server {
namespace {

using ::testing::HasSubstr;

class PublisherTest : public ::testing::Test {
 protected:
  explicit PublisherTest(std::chrono::nanoseconds max_stream_idle = std::chrono::hours(1))
      : publishing_({.max_message_bytes = 1000}, clock_, journal_, *metrics_) {
    publishing_.SetCatalogue(std::make_shared<const ingest::Catalogue>(
        ingest::Catalogue{"session.create", "session.delete"}));
    PublisherService::Options options;
    options.queues = 2;
    options.max_streams = 3;
    options.max_streams_per_peer = 3;
    options.max_stream_idle = max_stream_idle;
    service_ = PublisherService::Create(publishing_, options, clock_);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    service_->Register(builder);
    server_ = builder.BuildAndStart();
    service_->Start();
    stub_ = v1::EventPublisher::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                                            grpc::InsecureChannelCredentials()));
  }
  ~PublisherTest() override {
    journal_.AnswerAtOnce();
    journal_.AnswerAll();
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
    service_->Stop();
  }

  template <typename Request = v1::PublishStreamRequest>
  static Request Session(const std::string& id) {
    Request request;
    v1::Event* event = request.add_events();
    event->set_id(id);
    event->mutable_session()->set_uuid("u");
    event->mutable_session()->set_action("create");
    return request;
  }

  base::SystemClock clock_;
  HeldJournal journal_;
  std::unique_ptr<metrics::Metrics> metrics_ = metrics::Metrics::Create("test");
  Publishing publishing_;
  std::unique_ptr<PublisherService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::EventPublisher::Stub> stub_;
};

TEST_F(PublisherTest, UnaryAnswersIdAndPosition) {
  journal_.AnswerAtOnce();
  grpc::ClientContext context;
  v1::PublishResponse response;
  const grpc::Status status =
      stub_->Publish(&context, Session<v1::PublishRequest>("one"), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.results_size(), 1);
  EXPECT_EQ(response.results(0).id(), "one");
  EXPECT_EQ(response.results(0).position(), 1u);
  EXPECT_FALSE(response.results(0).duplicate());
}

TEST_F(PublisherTest, UnaryNamesWhatIsWrong) {
  grpc::ClientContext context;
  v1::PublishResponse response;
  const grpc::Status status =
      stub_->Publish(&context, Session<v1::PublishRequest>("full.stop"), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("events[0].id"));
  EXPECT_EQ(journal_.Taken(), 0u);
}

TEST_F(PublisherTest, UnaryIsRefusedWhileStopping) {
  publishing_.Stop();
  grpc::ClientContext context;
  v1::PublishResponse response;
  const grpc::Status status =
      stub_->Publish(&context, Session<v1::PublishRequest>("one"), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

/// A call of its own, answered on a thread of gRPC.
struct Unary {
  Unary(v1::EventPublisher::Stub& stub, v1::PublishRequest sent) : request(std::move(sent)) {
    stub.async()->Publish(&context, &request, &response, [this](grpc::Status result) {
      status = std::move(result);
      done.Notify();
    });
  }
  v1::PublishRequest request;
  v1::PublishResponse response;
  grpc::ClientContext context;
  grpc::Status status;
  absl::Notification done;
};

TEST_F(PublisherTest, UnaryTakesAnyNumberAtOnceAndAnswersEachItsOwn) {
  constexpr size_t kCalls = 300;
  std::deque<Unary> calls;
  for (size_t i = 0; i < kCalls; ++i) {
    calls.emplace_back(*stub_, Session<v1::PublishRequest>("u" + std::to_string(i)));
  }
  ASSERT_TRUE(journal_.WaitTaken(kCalls));
  while (journal_.Count() > 0) journal_.Answer(journal_.Count() - 1);
  std::set<uint64_t> positions;
  for (size_t i = 0; i < kCalls; ++i) {
    calls[i].done.WaitForNotification();
    ASSERT_TRUE(calls[i].status.ok()) << calls[i].status.error_message();
    EXPECT_EQ(calls[i].response.results(0).id(), "u" + std::to_string(i));
    positions.insert(calls[i].response.results(0).position());
  }
  EXPECT_EQ(positions.size(), kCalls);
}

TEST_F(PublisherTest, UnaryAnswersFromSeveralThreadsAtOnce) {
  constexpr size_t kCalls = 400;
  std::deque<Unary> calls;
  for (size_t i = 0; i < kCalls; ++i) calls.emplace_back(*stub_, Session<v1::PublishRequest>("u"));
  ASSERT_TRUE(journal_.WaitTaken(kCalls));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (size_t i = 0; i < kCalls / 4; ++i) journal_.Answer(0);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (Unary& call : calls) {
    call.done.WaitForNotification();
    EXPECT_TRUE(call.status.ok()) << call.status.error_message();
  }
}

TEST_F(PublisherTest, UnaryOutlivesAClientThatIsGone) {
  for (int round = 0; round < 20; ++round) {
    const size_t before = journal_.Taken();
    Unary call(*stub_, Session<v1::PublishRequest>("x"));
    ASSERT_TRUE(journal_.WaitTaken(before + 1));
    call.context.TryCancel();
    if (round % 2 == 0) journal_.AnswerAll();  // races with the cancelling
    call.done.WaitForNotification();
    journal_.AnswerAll();
  }
}

TEST_F(PublisherTest, StopWaitsForTheAnswersOfCallsThatWereTaken) {
  Unary call(*stub_, Session<v1::PublishRequest>("x"));
  ASSERT_TRUE(journal_.WaitTaken(1));
  server_->Shutdown(std::chrono::system_clock::now());  // cancels it
  call.done.WaitForNotification();
  std::atomic<bool> stopped{false};
  std::thread stop([&] {
    service_->Stop();
    stopped = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // long enough to end too early
  EXPECT_FALSE(stopped);
  journal_.AnswerAll();
  stop.join();
  service_->Stop();  // again: nothing happens
}

TEST_F(PublisherTest, StreamAnswersInOrderWhateverTheJournalDoes) {
  grpc::ClientContext context;
  auto stream = stub_->PublishStream(&context);
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(stream->Write(Session(id)));
  ASSERT_TRUE(journal_.WaitTaken(3));
  journal_.Answer(2);
  journal_.Answer(1);
  journal_.Answer(0);
  for (const char* id : {"a", "b", "c"}) {
    v1::PublishStreamResponse response;
    ASSERT_TRUE(stream->Read(&response));
    ASSERT_EQ(response.results_size(), 1);
    EXPECT_EQ(response.results(0).id(), id);
  }
  stream->WritesDone();
  v1::PublishStreamResponse none;
  EXPECT_FALSE(stream->Read(&none));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(PublisherTest, StreamGoesOnAfterAMessageThatIsRefused) {
  journal_.AnswerAtOnce();
  grpc::ClientContext context;
  auto stream = stub_->PublishStream(&context);
  for (const char* id : {"a", "b.c", "d"}) ASSERT_TRUE(stream->Write(Session(id)));
  stream->WritesDone();
  v1::PublishStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_FALSE(response.has_error());
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.results_size(), 0);
  EXPECT_EQ(response.error().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(response.error().message(), HasSubstr("events[0].id"));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.results(0).id(), "d");
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(PublisherTest, StreamAnswersWhatItTookBeforeTheClientEnded) {
  grpc::ClientContext context;
  auto stream = stub_->PublishStream(&context);
  ASSERT_TRUE(stream->Write(Session("a")));
  ASSERT_TRUE(journal_.WaitTaken(1));
  stream->WritesDone();
  journal_.Answer(0);
  v1::PublishStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.results(0).id(), "a");
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(PublisherTest, StreamTakesABoundedNumberAhead) {
  constexpr int kMessages = 200;
  grpc::ClientContext context;
  auto stream = stub_->PublishStream(&context);
  std::thread writer([&] {
    for (int i = 0; i < kMessages; ++i) stream->Write(Session("m" + std::to_string(i)));
    stream->WritesDone();
  });
  ASSERT_TRUE(journal_.WaitTaken(64));
  // One answer makes room for one message: were more taken than 64, the count would show it.
  for (int i = 0; i < kMessages; ++i) {
    EXPECT_LE(journal_.Count(), 64u);
    ASSERT_TRUE(journal_.WaitTaken(static_cast<size_t>(std::min(kMessages, i + 1))));
    journal_.Answer(0);
    v1::PublishStreamResponse response;
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.results(0).id(), "m" + std::to_string(i));
  }
  writer.join();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(PublisherTest, StreamOutlivesAClientThatIsGone) {
  for (int round = 0; round < 20; ++round) {
    const size_t before = journal_.Taken();
    grpc::ClientContext context;
    auto stream = stub_->PublishStream(&context);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(stream->Write(Session("x")));
    ASSERT_TRUE(journal_.WaitTaken(before + 3));
    context.TryCancel();
    if (round % 2 == 0) journal_.AnswerAll();  // races with the cancelling
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
    journal_.AnswerAll();
  }
}

TEST_F(PublisherTest, StreamTellsThatTheServerStops) {
  journal_.AnswerAtOnce();
  grpc::ClientContext context;
  auto stream = stub_->PublishStream(&context);
  ASSERT_TRUE(stream->Write(Session("a")));
  v1::PublishStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  publishing_.Stop();
  ASSERT_TRUE(stream->Write(Session("b")));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.error().code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace carillon::server
