#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "echo.grpc.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace carillon::connect {

/// Does what the text of a request says, and else answers it.
class EchoService final : public test::v1::Echo::Service {
 public:
  grpc::Status Say(grpc::ServerContext* context, const test::v1::SayRequest* request,
                   test::v1::SayResponse* response) override {
    if (request->text() == "fail") return Failure();
    if (request->text() == "wait") return WaitUntilCancelled(*context);
    if (request->text() == "large") {
      response->set_text(std::string(5u << 20, 'x'));
      return grpc::Status::OK;
    }
    response->set_text(request->text());
    response->set_request_id(request->request_id());
    response->set_big_number(request->big_number());
    for (const auto& [name, value] : context->client_metadata()) {
      (*response->mutable_metadata())[{name.data(), name.size()}] = {value.data(), value.size()};
    }
    (*response->mutable_metadata())["peer"] = context->peer();
    return grpc::Status::OK;
  }
  grpc::Status Look(grpc::ServerContext* context, const test::v1::SayRequest* request,
                    test::v1::SayResponse* response) override {
    return Say(context, request, response);
  }
  grpc::Status Count(grpc::ServerContext* context, const test::v1::CountRequest* request,
                     grpc::ServerWriter<test::v1::CountResponse>* writer) override {
    for (int i = 1; i <= request->up_to(); ++i) {
      test::v1::CountResponse response;
      response.set_number(i);
      response.set_text(request->text());
      if (!writer->Write(response)) return grpc::Status::CANCELLED;
      written.fetch_add(1);
    }
    if (request->text() == "fail") return Failure();
    if (request->text() == "wait") return WaitUntilCancelled(*context);
    return grpc::Status::OK;
  }

  std::atomic<int> waiting{0};    ///< calls that wait to be cancelled
  std::atomic<int> cancelled{0};  ///< those that were
  std::atomic<int> written{0};    ///< messages of streams that gRPC has taken

 private:
  static grpc::Status Failure() {
    google::rpc::Status status;
    google::rpc::ErrorInfo info;
    info.set_reason("BUSY");
    info.set_domain("test");
    status.add_details()->PackFrom(info);
    google::rpc::BadRequest bad;
    bad.add_field_violations()->set_field("things[1].display_name");
    status.add_details()->PackFrom(bad);
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(3);
    status.add_details()->PackFrom(retry);
    return {grpc::StatusCode::RESOURCE_EXHAUSTED, "as was asked", status.SerializeAsString()};
  }

  grpc::Status WaitUntilCancelled(const grpc::ServerContext& context) {
    ++waiting;
    while (!context.IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    --waiting;
    ++cancelled;
    return grpc::Status::CANCELLED;
  }
};

}  // namespace carillon::connect
