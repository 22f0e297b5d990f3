#include "publish_client.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "event_wire.h"

namespace carillon::cli {
namespace {

constexpr char kPublish[] = "/carillon.v1.EventPublisher/Publish";
constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";

absl::Status ToAbslStatus(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

class GrpcClient final : public Client {
 public:
  GrpcClient(std::unique_ptr<Channel> channel, CallMetadata metadata)
      : channel_(std::move(channel)), metadata_(std::move(metadata)) {}

  absl::StatusOr<v1::PublishResponse> Publish(const std::string& request) override {
    grpc::ByteBuffer answer;
    if (absl::Status status = Call(kPublish, metadata_, request, answer); !status.ok())
      return status;
    v1::PublishResponse response;
    grpc::ProtoBufferReader reader(&answer);
    if (!response.ParseFromZeroCopyStream(&reader)) {
      return absl::InternalError("the answer is not a PublishResponse");
    }
    return response;
  }

  /// The health service's two messages have one field each; they are read and written by hand.
  absl::StatusOr<bool> Healthy(const std::string& service) override {
    std::string request;
    if (!service.empty()) wire::AppendBytes(request, 1, service);
    grpc::ByteBuffer answer;
    if (absl::Status status = Call(kHealthCheck, {}, request, answer); !status.ok()) return status;
    grpc::Slice slice;
    if (!answer.DumpToSingleSlice(&slice).ok()) {
      return absl::InternalError("the answer cannot be read");
    }
    constexpr uint8_t kServing[] = {0x08, 0x01};
    return slice.size() >= 2 && slice.begin()[0] == kServing[0] && slice.begin()[1] == kServing[1];
  }

 private:
  absl::Status Call(const char* method, const CallMetadata& metadata, const std::string& request,
                    grpc::ByteBuffer& answer) {
    return ToAbslStatus(channel_->Call(method, metadata, request, answer));
  }

  const std::unique_ptr<Channel> channel_;
  const CallMetadata metadata_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(const Connection& connection,
                                                        std::chrono::milliseconds deadline,
                                                        CallMetadata metadata) {
  absl::StatusOr<std::unique_ptr<Channel>> channel = Channel::Open(connection, deadline);
  if (!channel.ok()) return channel.status();
  return std::make_unique<GrpcClient>(*std::move(channel), std::move(metadata));
}

std::string WhatNext(const absl::Status& status, const std::string& address) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return absl::StrCat("; is carillond running at ", address,
                          "? Start it with: carillond --config FILE, or name another address "
                          "with --server or CARILLON_SERVER; --retry tries for longer");
    case absl::StatusCode::kDeadlineExceeded:
      return "; give it longer with --deadline, or publish again with the same id: that is safe";
    case absl::StatusCode::kResourceExhausted:
      return "; publish again later, or let --retry do it";
    case absl::StatusCode::kInvalidArgument:
      return "; correct the event: unchanged it is never accepted";
    case absl::StatusCode::kUnimplemented:
      return absl::StrCat("; what listens at ", address, " is not carillond's publish address");
    case absl::StatusCode::kUnauthenticated:
      return "; give a token with --token or CARILLON_TOKEN";
    default:
      return "";
  }
}

}  // namespace carillon::cli
