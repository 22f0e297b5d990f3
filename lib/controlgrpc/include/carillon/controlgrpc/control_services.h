#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/server_context.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/control/caller.h"
#include "carillon/control/repository.h"
#include "carillon/control/resource_type.h"

namespace carillon::controlgrpc {

/// Says who calls, and whether they may: `method` is its full name
/// (`carillon.v1.DestinationService/GetDestination`), and of `request` it may clear what only the
/// server sets. Called before anything is looked up, on a thread of gRPC: it does not wait.
using Authorize = std::function<absl::StatusOr<control::Caller>(
    std::string_view method, const grpc::CallbackServerContext& context,
    google::protobuf::Message& request)>;

/// What the services work with. All outlive them.
struct ControlOptions {
  control::Repository& repository;
  const control::ResourceType& destinations;
  const control::ResourceType& subscriptions;
  const base::Clock& clock;
  Authorize authorize;
};

/// The services of the control plane. Destroyed after the server that they are registered on.
class ControlServices {
 public:
  /// Calls that read at once; one more is answered with RATE_LIMITED.
  static constexpr size_t kMaxReading = 64;

  static std::unique_ptr<ControlServices> Create(ControlOptions options);
  virtual ~ControlServices() = default;

  struct Named {
    std::string name;  ///< `carillon.v1.KeyService`
    grpc::Service* service = nullptr;
  };
  /// To be registered on a server before it starts.
  virtual std::vector<Named> services() = 0;
  /// Answers what is being read, and refuses more. Before the server is shut down.
  virtual void Stop() = 0;
};

}  // namespace carillon::controlgrpc
