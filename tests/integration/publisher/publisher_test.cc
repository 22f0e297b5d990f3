#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "absl/synchronization/notification.h"
#include "carillon/store/refusal.h"
#include "carillon/tracing/tracer.h"
#include "carillon/v1/publisher.grpc.pb.h"
#include "held_journal.h"
#include "publisher_service.h"

namespace carillon::rpc {
namespace {

using ::testing::HasSubstr;

class PublisherTest : public ::testing::Test {
 protected:
  explicit PublisherTest(std::chrono::nanoseconds max_stream_idle = std::chrono::hours(1),
                         size_t max_streams = 3)
      : publishing_({.max_message_bytes = 1000}, clock_, journal_, *metrics_) {
    publishing_.SetCatalog(std::make_shared<const ingest::Catalog>(
        ingest::Catalog{"session.create", "session.delete"}));
    PublisherService::Options options;
    options.queues = 2;
    options.max_streams = max_streams;
    options.max_streams_per_peer = max_streams;
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

constexpr char kParent[] = "00-a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1-b2b2b2b2b2b2b2b2-01";

TEST_F(PublisherTest, TheCallsMetadataSaysWhichTraceItsEventsBelongTo) {
  journal_.AnswerAtOnce();
  const auto publish = [this](const std::vector<std::pair<std::string, std::string>>& metadata) {
    grpc::ClientContext context;
    for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
    v1::PublishResponse response;
    EXPECT_TRUE(stub_->Publish(&context, Session<v1::PublishRequest>("one"), &response).ok());
    return journal_.Last()->trace();
  };
  const auto trace =
      publish({{"traceparent", kParent}, {"tracestate", "foo=1"}, {"tracestate", "bar=2"}});
  ASSERT_TRUE(trace);
  EXPECT_EQ(model::TraceIdText(trace->trace_id), "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1");
  EXPECT_EQ(trace->state, "foo=1,bar=2");
  EXPECT_FALSE(publish({}));
  EXPECT_FALSE(publish({{"traceparent", kParent}, {"traceparent", kParent}}));
  EXPECT_FALSE(publish({{"traceparent", "00-x"}, {"tracestate", "foo=1"}}));
  EXPECT_FALSE(publish({{"tracestate", "foo=1"}}));
  ASSERT_TRUE(publish({{"traceparent", kParent}, {"tracestate", "foo"}}));
  const std::string metrics = metrics_->Render();
  EXPECT_THAT(metrics,
              HasSubstr("carillon_trace_contexts_ignored_total{part=\"traceparent\"} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("carillon_trace_contexts_ignored_total{part=\"tracestate\"} 1\n"));
}

TEST_F(PublisherTest, SoDoesThatOfAStreamForAllItsMessages) {
  journal_.AnswerAtOnce();
  grpc::ClientContext context;
  context.AddMetadata("traceparent", kParent);
  const auto stream = stub_->PublishStream(&context);
  for (const char* id : {"one", "two"}) {
    ASSERT_TRUE(stream->Write(Session(id)));
    v1::PublishStreamResponse response;
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_TRUE(journal_.Last()->traced());
  }
  v1::PublishStreamRequest own = Session("three");
  own.mutable_events(0)->set_traceparent("00-a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a2-b2b2b2b2b2b2b2b2-00");
  ASSERT_TRUE(stream->Write(own));
  v1::PublishStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(journal_.Last()->trace()->trace_id.back(), 0xA2);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

/// Keeps spans; any thread.
class FakeTracer final : public tracing::Tracer {
 public:
  double sample_ratio() const override { return ratio; }
  void Record(tracing::Span span) override {
    const std::lock_guard lock(mutex);
    spans.push_back(std::move(span));
    changed.notify_all();
  }
  Stats stats() const override { return {}; }
  /// The next `count`, which were not taken before.
  std::vector<tracing::Span> Take(size_t count) {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(
        changed.wait_for(lock, std::chrono::seconds(60), [&] { return spans.size() >= count; }));
    return std::exchange(spans, {});
  }
  std::atomic<double> ratio{0};
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<tracing::Span> spans;
};

class PublisherSpansTest : public PublisherTest {
 protected:
  PublisherSpansTest() {
    publishing_.SetTracer(tracer_);
    journal_.AnswerAtOnce();
  }
  grpc::Status Publish(const v1::PublishRequest& request, const char* parent = nullptr) {
    grpc::ClientContext context;
    if (parent != nullptr) context.AddMetadata("traceparent", parent);
    v1::PublishResponse response;
    return stub_->Publish(&context, request, &response);
  }
  FakeTracer tracer_;
};

TEST_F(PublisherSpansTest, PublishAndCommitAreSpansOfTheCallersTrace) {
  ASSERT_TRUE(Publish(Session<v1::PublishRequest>("one"), kParent).ok());
  const std::vector<tracing::Span> spans = tracer_.Take(2);
  ASSERT_EQ(spans.size(), 2u);
  const tracing::Span& commit = spans[0];
  const tracing::Span& publish = spans[1];
  EXPECT_EQ(commit.name, "commit");
  EXPECT_EQ(publish.name, "publish");
  EXPECT_EQ(model::TraceIdText(publish.trace_id), "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1");
  EXPECT_EQ(publish.parent, journal_.Last()->trace()->span_id);  // the publisher's
  EXPECT_EQ(commit.parent, publish.id);
  EXPECT_EQ(commit.trace_id, publish.trace_id);
  EXPECT_LE(publish.start, commit.start);
  EXPECT_LE(commit.start, commit.end);
  EXPECT_LE(commit.end, publish.end);
  EXPECT_FALSE(publish.failed);
}

TEST_F(PublisherSpansTest, OneThatIsNotSampledIsKeptAndHasNoSpans) {
  ASSERT_TRUE(Publish(Session<v1::PublishRequest>("one"),
                      "00-a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1-b2b2b2b2b2b2b2b2-00")
                  .ok());
  EXPECT_TRUE(journal_.Last()->traced());
  ASSERT_TRUE(Publish(Session<v1::PublishRequest>("two")).ok());  // the ratio is 0
  EXPECT_FALSE(journal_.Last()->traced());
  ASSERT_TRUE(Publish(Session<v1::PublishRequest>("three"), kParent).ok());
  EXPECT_EQ(tracer_.Take(2).size(), 2u);
}

TEST_F(PublisherSpansTest, ATraceBeginsHereWhereNobodyBroughtOne) {
  tracer_.ratio = 1;
  ASSERT_TRUE(Publish(Session<v1::PublishRequest>("one")).ok());
  const std::vector<tracing::Span> spans = tracer_.Take(2);
  const tracing::Span& publish = spans[1];
  EXPECT_EQ(publish.parent, model::SpanId{});
  const auto trace = journal_.Last()->trace();
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->trace_id, publish.trace_id);
  EXPECT_EQ(trace->span_id, publish.id);  // attempts stand below it
  EXPECT_TRUE(trace->sampled());
}

TEST_F(PublisherSpansTest, AMessageOfManyTracesHasSpansInEach) {
  v1::PublishRequest request;
  for (const char* last : {"1", "2", "1", "1"}) {
    v1::Event* event = request.add_events();
    event->mutable_session()->set_uuid("u");
    event->mutable_session()->set_action("create");
    event->set_traceparent("00-a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a" + std::string(last) +
                           "-b2b2b2b2b2b2b2b2-01");
  }
  ASSERT_TRUE(Publish(request).ok());
  const std::vector<tracing::Span> spans = tracer_.Take(4);
  ASSERT_EQ(spans.size(), 4u);
  EXPECT_EQ(spans[1].trace_id.back(), 0xA1);
  EXPECT_EQ(spans[3].trace_id.back(), 0xA2);
  EXPECT_EQ(spans[1].attributes.back().second, tracing::Span::Value(int64_t{3}));
  EXPECT_EQ(spans[3].attributes.back().second, tracing::Span::Value(int64_t{1}));
}

TEST_F(PublisherSpansTest, WhatIsRefusedIsASpanThatFailed) {
  EXPECT_FALSE(Publish(Session<v1::PublishRequest>("full.stop"), kParent).ok());
  const std::vector<tracing::Span> spans = tracer_.Take(1);
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].name, "publish");
  EXPECT_TRUE(spans[0].failed);
  EXPECT_THAT(spans[0].error, HasSubstr("events[0].id"));
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

std::string Refused(const std::string& reason, int events) {
  return "carillon_publishing_refused_total{reason=\"" + reason + "\"} " + std::to_string(events) +
         "\n";
}

TEST_F(PublisherTest, EachRefusalCountsItsEventsOnceUnderItsReason) {
  v1::PublishRequest two = Session<v1::PublishRequest>("a");
  two.MergeFrom(Session<v1::PublishRequest>("b"));
  const auto publish = [&](const v1::PublishRequest& request) {
    grpc::ClientContext context;
    v1::PublishResponse response;
    return stub_->Publish(&context, request, &response).error_code();
  };
  const auto refuse = [&](store::Refusal why, absl::StatusCode code) {
    journal_.Refuse(store::Refuse(why, code, "no"));
    return publish(two);
  };
  EXPECT_EQ(publish(Session<v1::PublishRequest>("full.stop")), grpc::INVALID_ARGUMENT);
  EXPECT_THAT(metrics_->Render(), HasSubstr(Refused("stopping", 0))) << "wrong is not refused";
  EXPECT_EQ(refuse(store::Refusal::kWaiting, absl::StatusCode::kResourceExhausted),
            grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(refuse(store::Refusal::kFailed, absl::StatusCode::kUnavailable), grpc::UNAVAILABLE);
  EXPECT_EQ(refuse(store::Refusal::kStopping, absl::StatusCode::kUnavailable), grpc::UNAVAILABLE);
  EXPECT_EQ(refuse(store::Refusal::kFull, absl::StatusCode::kResourceExhausted),
            grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(publish(two), grpc::RESOURCE_EXHAUSTED);
  publishing_.Stop();
  EXPECT_EQ(publish(two), grpc::UNAVAILABLE);
  const std::string metrics = metrics_->Render();
  EXPECT_THAT(metrics, HasSubstr(Refused("waiting", 2)));
  EXPECT_THAT(metrics, HasSubstr(Refused("journal_failed", 2)));
  EXPECT_THAT(metrics, HasSubstr(Refused("disk_full", 4)));
  EXPECT_THAT(metrics, HasSubstr(Refused("stopping", 3))) << "a message that is not read is one";
  EXPECT_THAT(metrics, HasSubstr(Refused("streams", 0)));
  EXPECT_THAT(metrics, HasSubstr("carillon_events_published_total{result=\"overload\"} 6\n"));
  EXPECT_THAT(metrics, HasSubstr("carillon_events_published_total{result=\"unavailable\"} 5\n"));
}

TEST_F(PublisherTest, AStreamTooManyIsARefusalOfItsOwn) {
  std::deque<grpc::ClientContext> contexts(4);
  std::vector<std::unique_ptr<
      grpc::ClientReaderWriter<v1::PublishStreamRequest, v1::PublishStreamResponse>>>
      streams;
  for (int i = 0; i < 3; ++i) {
    streams.push_back(stub_->PublishStream(&contexts[i]));
    streams.back()->WaitForInitialMetadata();
  }
  EXPECT_THAT(metrics_->Render(), HasSubstr(Refused("streams", 0)));
  EXPECT_EQ(stub_->PublishStream(&contexts[3])->Finish().error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_THAT(metrics_->Render(), HasSubstr(Refused("streams", 1)));
  for (const auto& stream : streams) {
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
  }
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

/// Room for streams whose clients have gone, and of which the server does not know yet.
class RoomyPublisherTest : public PublisherTest {
 protected:
  RoomyPublisherTest() : PublisherTest(std::chrono::hours(1), 100) {}
};

TEST_F(RoomyPublisherTest, StreamOutlivesAClientThatIsGone) {
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
}  // namespace carillon::rpc
