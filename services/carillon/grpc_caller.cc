#include "grpc_caller.h"

#include <grpcpp/support/proto_buffer_reader.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "google/rpc/status.pb.h"

namespace carillon::cli {
namespace {

class GrpcCaller final : public client::Caller {
 public:
  explicit GrpcCaller(std::unique_ptr<Channel> channel) : channel_(std::move(channel)) {}

  absl::Status Call(const google::protobuf::MethodDescriptor& method,
                    const google::protobuf::Message& request,
                    google::protobuf::Message& answer) override {
    grpc::ByteBuffer bytes;
    const grpc::Status status =
        channel_->Call(absl::StrCat("/", method.service()->full_name(), "/", method.name()), {},
                       request.SerializeAsString(), bytes);
    if (!status.ok()) return WithDetails(status);
    grpc::ProtoBufferReader reader(&bytes);
    if (answer.ParseFromZeroCopyStream(&reader)) return absl::OkStatus();
    return absl::InternalError(absl::StrCat("the answer is not a ", answer.GetTypeName()));
  }

 private:
  const std::unique_ptr<Channel> channel_;
};

}  // namespace

// Where they are those of this very error.
absl::Status WithDetails(const grpc::Status& status) {
  google::rpc::Status rpc;
  if (!status.error_details().empty() && rpc.ParseFromString(status.error_details()) &&
      rpc.code() == static_cast<int>(status.error_code())) {
    return aip::FromRpc(rpc);
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

std::unique_ptr<client::Caller> MakeCaller(std::unique_ptr<Channel> channel) {
  return std::make_unique<GrpcCaller>(std::move(channel));
}

}  // namespace carillon::cli
