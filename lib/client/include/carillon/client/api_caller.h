#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "absl/status/status.h"

namespace carillon::client {

/// The way to a server: one call after another. A call blocks until it is answered or its time is
/// over.
class Caller {
 public:
  virtual ~Caller() = default;
  /// Calls a unary method. Errors carry the details that the server sent, as aip::FromRpc has them.
  virtual absl::Status Call(const google::protobuf::MethodDescriptor& method,
                            const google::protobuf::Message& request,
                            google::protobuf::Message& answer) = 0;
};

}  // namespace carillon::client
