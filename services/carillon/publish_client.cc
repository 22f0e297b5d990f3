#include "publish_client.h"

#include <grpc/grpc.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "carillon/base/text.h"
#include "event_wire.h"

namespace carillon::cli {
namespace {

constexpr char kPublish[] = "/carillon.v1.EventPublisher/Publish";
constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";
constexpr int kMaxAnswerBytes = 16 << 20;

/// gRPC ends the process over metadata that it does not take.
bool IsPrintable(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

/// `flag` is for the error. An empty name is an empty text.
absl::Status ReadPem(const char* flag, const std::string& name, std::string& into) {
  if (name.empty()) return absl::OkStatus();
  std::ifstream file(name, std::ios::binary);
  into.assign(std::istreambuf_iterator<char>(file), {});
  if (file.good() && !into.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(flag, " ", name, ": cannot be read, or is empty"));
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const ClientTls& tls) {
  if (!tls.on) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  for (const absl::Status& status :
       {ReadPem("--ca-file", tls.ca_file, options.pem_root_certs),
        ReadPem("--certificate-file", tls.certificate_file, options.pem_cert_chain),
        ReadPem("--key-file", tls.key_file, options.pem_private_key)}) {
    if (!status.ok()) return status;
  }
  return grpc::SslCredentials(options);
}

std::shared_ptr<grpc::Channel> MakeChannel(
    const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  // A server that restarts is found again at once, not after gRPC's growing pauses.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

grpc::ByteBuffer Wrap(const std::string& bytes) {
  const grpc::Slice slice(bytes.data(), bytes.size(), grpc::Slice::STATIC_SLICE);
  return grpc::ByteBuffer(&slice, 1);
}

absl::Status ToAbslStatus(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

class GrpcClient final : public Client {
 public:
  GrpcClient(const std::shared_ptr<grpc::Channel>& channel, std::chrono::milliseconds deadline,
             CallMetadata metadata)
      : stub_(channel), deadline_(deadline), metadata_(std::move(metadata)) {}

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
    grpc::ClientContext context;
    for (const auto& [name, value] : metadata) context.AddMetadata(name, value);
    context.set_deadline(std::chrono::system_clock::now() + deadline_);
    const grpc::ByteBuffer bytes = Wrap(request);
    grpc::Status status;
    absl::Notification done;
    stub_.UnaryCall(&context, method, grpc::StubOptions(), &bytes, &answer,
                    [&status, &done](grpc::Status result) {
                      status = std::move(result);
                      done.Notify();
                    });
    done.WaitForNotification();
    return ToAbslStatus(status);
  }

  grpc::GenericStub stub_;
  const std::chrono::milliseconds deadline_;
  const CallMetadata metadata_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(const Connection& connection,
                                                        std::chrono::milliseconds deadline,
                                                        CallMetadata metadata) {
  // Never undone, so that gRPC does not shut itself down with the last channel: that waits, up to
  // 10 s, until its threads let go of calls that were answered long ago.
  grpc_init();
  if (!connection.token.empty()) {
    if (!IsPrintable(connection.token)) {
      return absl::InvalidArgumentError("--token must be printable ASCII without spaces");
    }
    metadata.emplace_back("authorization", "Bearer " + connection.token);
  }
  const auto credentials = MakeCredentials(connection.tls);
  if (!credentials.ok()) return credentials.status();
  return std::make_unique<GrpcClient>(MakeChannel(connection.address, *credentials), deadline,
                                      std::move(metadata));
}

std::string WhatNext(const absl::Status& status, const std::string& address) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return absl::StrCat("; is carillond running at ", address,
                          "? Start it with: carillond --config FILE, or name another address "
                          "with --address or CARILLON_ADDRESS; --retry tries for longer");
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
