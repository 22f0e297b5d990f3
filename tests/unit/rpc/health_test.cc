// The health service over a channel within the process.

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "health_service.h"

namespace carillon::rpc {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

class HealthTest : public ::testing::Test {
 protected:
  HealthTest() {
    grpc::ServerBuilder builder;
    health_.Register(builder);
    queue_ = std::make_unique<CallQueue>(builder.AddCompletionQueue());
    server_ = builder.BuildAndStart();
    health_.Start(*queue_);
    queue_->Start("publish-0");
    stub_ = Health::NewStub(server_->InProcessChannel({}));
  }
  ~HealthTest() override {
    health_.Stop();
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(30));
    queue_->Stop();
    queue_.reset();
  }

  static HealthCheckRequest About(const std::string& service) {
    HealthCheckRequest request;
    request.set_service(service);
    return request;
  }
  int Check(const std::string& service) {
    grpc::ClientContext context;
    HealthCheckResponse response;
    const grpc::Status status = stub_->Check(&context, About(service), &response);
    return status.ok() ? static_cast<int>(response.status()) : -status.error_code();
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

  HealthService health_;
  std::unique_ptr<CallQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Health::Stub> stub_;
};

TEST_F(HealthTest, SaysWhatWasSetLastUntilItStops) {
  EXPECT_EQ(Check(""), HealthCheckResponse::NOT_SERVING);
  health_.SetServing(true);
  EXPECT_EQ(Check(""), HealthCheckResponse::SERVING);
  EXPECT_EQ(Check("carillon.v1.EventPublisher"), HealthCheckResponse::SERVING);
  EXPECT_EQ(Check("carillon.v1.Another"), -grpc::NOT_FOUND);
  health_.SetServing(false);
  EXPECT_EQ(Check(""), HealthCheckResponse::NOT_SERVING);
  health_.SetServing(true);
  health_.Stop();
  health_.SetServing(true);
  EXPECT_EQ(Check(""), HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthTest, AWatchSeesTheLastStateAndTheEnd) {
  Watching watching(*stub_, "");
  EXPECT_EQ(watching.Next(), HealthCheckResponse::NOT_SERVING);
  health_.SetServing(true);
  EXPECT_EQ(watching.Next(), HealthCheckResponse::SERVING);
  health_.SetServing(true);  // nothing changed: nothing is told
  health_.Stop();
  EXPECT_EQ(watching.Next(), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(watching.Next(), -1);
  EXPECT_EQ(watching.reader->Finish().error_code(), grpc::UNAVAILABLE);
}

TEST_F(HealthTest, AWatchOverABoundIsRefusedUntilAnotherGoes) {
  std::deque<Watching> watches;
  for (size_t i = 0; i < HealthService::kMaxWatches; ++i) {
    ASSERT_EQ(watches.emplace_back(*stub_, "").Next(), HealthCheckResponse::NOT_SERVING);
  }
  Watching refused(*stub_, "");
  EXPECT_EQ(refused.Next(), -1);
  EXPECT_EQ(refused.reader->Finish().error_code(), grpc::RESOURCE_EXHAUSTED);
  watches.front().context.TryCancel();
  EXPECT_EQ(watches.front().Next(), -1);
  watches.front().reader->Finish();
  for (int tries = 0; tries < 10'000; ++tries) {  // the server hears of it a little later
    Watching again(*stub_, "");
    if (again.Next() == HealthCheckResponse::NOT_SERVING) {
      again.context.TryCancel();
      return;
    }
  }
  ADD_FAILURE() << "a place was not given back";
}

}  // namespace
}  // namespace carillon::rpc
