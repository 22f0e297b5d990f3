#pragma once

#include <grpcpp/grpcpp.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "carillon/aip/error.h"
#include "carillon/v1/publisher.grpc.pb.h"

namespace carillon::rpc {

/// The service as bytes, for completion queues.
using RawService = v1::EventPublisher::WithRawMethod_Publish<
    v1::EventPublisher::WithRawMethod_PublishStream<v1::EventPublisher::Service>>;

/// With the details of an error of the API's.
inline grpc::Status ToGrpc(const absl::Status& status) {
  const auto code = static_cast<grpc::StatusCode>(status.code());
  std::string text(status.message());
  if (aip::ReasonOf(status) == v1::ERROR_REASON_UNSPECIFIED) return {code, std::move(text)};
  return {code, std::move(text), aip::ToRpc(status).SerializeAsString()};
}

}  // namespace carillon::rpc
