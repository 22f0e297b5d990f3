#pragma once

#include <grpcpp/grpcpp.h>

#include <string>

#include "absl/status/status.h"
#include "carillon/v1/publisher.grpc.pb.h"

namespace carillon::rpc {

/// The service as bytes, for completion queues.
using RawService = v1::EventPublisher::WithRawMethod_Publish<
    v1::EventPublisher::WithRawMethod_PublishStream<v1::EventPublisher::Service>>;

inline grpc::Status ToGrpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

}  // namespace carillon::rpc
