#pragma once

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/access/request_plan.h"
#include "carillon/v1/options.pb.h"

namespace carillon::access {

/// Who may call a method at all.
enum class Door : uint8_t {
  kOpen,    ///< anybody, without a credential, or with one in the request: health, portal links
  kCaller,  ///< any principal: reflection, and what is about the caller itself
  kRoles,   ///< a principal of one of the roles
};

/// A method as its descriptor's options say it.
struct Method {
  std::string name;  ///< `carillon.v1.DestinationService/CreateDestination`
  Door door = Door::kRoles;
  uint32_t roles = 0;  ///< bits by number of v1::Role; of kRoles
  v1::Scope scope = v1::SCOPE_UNSPECIFIED;
  v1::Audit audit = v1::AUDIT_UNSPECIFIED;
  bool portal = false;                ///< a portal session may call it
  const RequestPlan* plan = nullptr;  ///< of its request; null for foreign ones

  bool HasRole(v1::Role role) const { return (roles >> role & 1u) != 0; }
};

/// All methods of a server, read once from their descriptors. Immutable, thread-safe.
class Methods {
 public:
  /// A service that others wrote, whose methods have no option `access`.
  struct Foreign {
    std::string service;  ///< `grpc.health.v1.Health`
    Door door = Door::kCaller;
  };

  /// FAILED_PRECONDITION, naming each method: one has no option `access`, or one that says nothing
  /// of roles, scope or audit; or a field refers to a kind of resource that no message is.
  static absl::StatusOr<std::unique_ptr<const Methods>> Create(
      std::span<const google::protobuf::ServiceDescriptor* const> services,
      std::vector<Foreign> foreign);

  /// `path` as HTTP/2 has it, `/carillon.v1.X/Y`, or without the first slash. Null: there is no
  /// such method, and nobody may call it.
  const Method* Find(std::string_view path) const;
  /// By name, foreign services left out.
  const std::map<std::string, Method, std::less<>>& all() const { return methods_; }

 private:
  explicit Methods(std::unique_ptr<RequestPlans> plans) : plans_(std::move(plans)) {}

  std::map<std::string, Method, std::less<>> methods_;
  std::map<std::string, Method, std::less<>> foreign_;  ///< by service
  const std::unique_ptr<RequestPlans> plans_;
};

}  // namespace carillon::access
