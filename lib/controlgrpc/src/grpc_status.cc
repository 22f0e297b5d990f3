#include "carillon/controlgrpc/grpc_status.h"

#include "carillon/aip/error.h"

namespace carillon::controlgrpc {

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status rpc = aip::ToRpc(status);
  return {static_cast<grpc::StatusCode>(rpc.code()), rpc.message(), rpc.SerializeAsString()};
}

}  // namespace carillon::controlgrpc
