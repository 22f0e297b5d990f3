#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <thread>

#include "health_service.h"
#include "held_journal.h"
#include "publisher_service.h"

namespace carillon::rpc {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

/// On the queue of a publishing service that nobody publishes to.
class HealthServiceTest : public ::testing::Test {
 protected:
  HealthServiceTest() {
    PublisherService::Options options;
    options.others = {&health_};
    service_ = PublisherService::Create(publishing_, options, clock_);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    service_->Register(builder);
    server_ = builder.BuildAndStart();
    service_->Start();
    stub_ = Health::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                                grpc::InsecureChannelCredentials()));
  }
  ~HealthServiceTest() override {
    health_.Stop();
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(30));
    service_->Stop();
  }

  static HealthCheckRequest About(const std::string& service) {
    HealthCheckRequest request;
    request.set_service(service);
    return request;
  }

  /// What Check says, as the status' code when it is an error.
  std::pair<grpc::StatusCode, int> Check(const std::string& service) {
    grpc::ClientContext context;
    HealthCheckResponse response;
    const grpc::Status status = stub_->Check(&context, About(service), &response);
    return {status.error_code(), response.status()};
  }

  struct Watching {
    Watching(Health::Stub& stub, const std::string& service)
        : reader(stub.Watch(&context, About(service))) {}
    int Next() {
      HealthCheckResponse response;
      return reader->Read(&response) ? response.status() : -1;
    }
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<HealthCheckResponse>> reader;
  };

  base::SystemClock clock_;
  HeldJournal journal_;
  std::unique_ptr<metrics::Metrics> metrics_ = metrics::Metrics::Create("test");
  Publishing publishing_{{}, clock_, journal_, *metrics_};
  HealthService health_;
  std::unique_ptr<PublisherService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Health::Stub> stub_;
};

TEST_F(HealthServiceTest, CheckSaysWhatWasSet) {
  using Answer = std::pair<grpc::StatusCode, int>;
  EXPECT_EQ(Check(""), Answer(grpc::OK, HealthCheckResponse::NOT_SERVING));
  health_.SetServing(true);
  EXPECT_EQ(Check(""), Answer(grpc::OK, HealthCheckResponse::SERVING));
  EXPECT_EQ(Check("carillon.v1.EventPublisher"), Answer(grpc::OK, HealthCheckResponse::SERVING));
  EXPECT_EQ(Check("another").first, grpc::NOT_FOUND);
  health_.Stop();
  health_.SetServing(true);
  EXPECT_EQ(Check(""), Answer(grpc::OK, HealthCheckResponse::NOT_SERVING));
}

TEST_F(HealthServiceTest, WatchTellsEveryChangeUntilTheEnd) {
  Watching watching(*stub_, "");
  EXPECT_EQ(watching.Next(), HealthCheckResponse::NOT_SERVING);
  health_.SetServing(true);
  EXPECT_EQ(watching.Next(), HealthCheckResponse::SERVING);
  health_.Stop();
  EXPECT_EQ(watching.Next(), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(watching.Next(), -1);
  EXPECT_EQ(watching.reader->Finish().error_code(), grpc::UNAVAILABLE);
}

TEST_F(HealthServiceTest, WatchOfAnUnknownServiceSaysSo) {
  Watching watching(*stub_, "another");
  EXPECT_EQ(watching.Next(), HealthCheckResponse::SERVICE_UNKNOWN);
}

TEST_F(HealthServiceTest, WatchesAreBoundedAndGiveTheirPlaceBack) {
  std::deque<Watching> watches;
  for (size_t i = 0; i < HealthService::kMaxWatches; ++i) {
    ASSERT_EQ(watches.emplace_back(*stub_, "").Next(), HealthCheckResponse::NOT_SERVING);
  }
  Watching refused(*stub_, "");
  EXPECT_EQ(refused.Next(), -1);
  EXPECT_EQ(refused.reader->Finish().error_code(), grpc::RESOURCE_EXHAUSTED);
  watches.front().context.TryCancel();
  int status = -1;
  for (int i = 0; i < 1000 && status == -1; ++i) {  // until the place is free, within seconds
    Watching again(*stub_, "");
    status = again.Next();
    if (status == -1) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(status, HealthCheckResponse::NOT_SERVING);
}

}  // namespace
}  // namespace carillon::rpc
