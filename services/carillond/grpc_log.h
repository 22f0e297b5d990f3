#pragma once

#include "carillon/log/log.h"

namespace carillon::server {

/// While it lives, what gRPC itself logs goes through `logger`: escaped, since it quotes what
/// clients sent, and at most one line for each place of gRPC's code in ten seconds. Without one
/// nothing of gRPC's is logged. One at a time; any thread logs.
class GrpcLog {
 public:
  explicit GrpcLog(log::Logger& logger);
  ~GrpcLog();
  GrpcLog(const GrpcLog&) = delete;
  GrpcLog& operator=(const GrpcLog&) = delete;
};

}  // namespace carillon::server
