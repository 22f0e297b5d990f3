#pragma once

#include <functional>
#include <string>
#include <vector>

#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "idle_list.h"
#include "queued_service.h"

namespace carillon::rpc {

/// gRPC's server reflection, for grpcurl and its like. gRPC's own keeps a thread for each stream.
class ReflectionService final : public QueuedService {
 public:
  /// A stream over it is answered with RESOURCE_EXHAUSTED.
  static constexpr size_t kMaxStreams = 16;
  /// A stream on which nothing is asked for so long is ended with DEADLINE_EXCEEDED.
  static constexpr std::chrono::seconds kMaxIdle{30};

  /// Returns whether a call may be.
  using Admit = std::function<grpc::Status(const grpc::ServerContext&)>;
  ReflectionService(Admit admit, const base::Clock& clock)
      : admit_(std::move(admit)), idle_(kMaxIdle, clock) {}

  /// The full names of all services there are. Before `Start`.
  void SetServices(std::vector<std::string> services) { services_ = std::move(services); }

  static const char* name() {
    return grpc::reflection::v1alpha::ServerReflection::service_full_name();
  }
  void Register(grpc::ServerBuilder& builder) override { builder.RegisterService(&service_); }
  void Start(CallQueue& queue) override { Accept(queue); }
  /// To be called about once a second, on the queue's thread.
  void Look() { idle_.Look(); }

 private:
  class Stream;

  void Accept(CallQueue& queue);
  grpc::reflection::v1alpha::ServerReflectionResponse Answer(
      const grpc::reflection::v1alpha::ServerReflectionRequest& request) const;

  std::vector<std::string> services_;
  const Admit admit_;
  grpc::reflection::v1alpha::ServerReflection::AsyncService service_;
  // On the queue's thread.
  IdleList idle_;
  size_t streams_ = 0;
};

}  // namespace carillon::rpc
