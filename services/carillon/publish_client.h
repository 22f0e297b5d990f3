#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/v1/publisher.pb.h"
#include "channel.h"

namespace carillon::cli {

/// Calls to carillond over one channel. Thread-safe; a call blocks until it is answered or its
/// deadline is over. Errors carry gRPC's code.
class Client {
 public:
  /// Each `Publish` carries `metadata`. INVALID_ARGUMENT: a file cannot be read, in words that name
  /// its flag.
  static absl::StatusOr<std::unique_ptr<Client>> Connect(const Connection& connection,
                                                         std::chrono::milliseconds deadline,
                                                         CallMetadata metadata = {});
  virtual ~Client() = default;

  /// `request` is a serialized PublishRequest.
  virtual absl::StatusOr<v1::PublishResponse> Publish(const std::string& request) = 0;
  /// grpc.health.v1: true when the service serves, or the server where it is empty.
  virtual absl::StatusOr<bool> Healthy(const std::string& service) = 0;
};

/// What to do about it, for people: begins with "; " or is empty.
std::string WhatNext(const absl::Status& status, const std::string& address);

}  // namespace carillon::cli
