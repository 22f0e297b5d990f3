#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/access/methods.h"
#include "carillon/access/principal.h"
#include "sample.pb.h"

namespace carillon::access {

inline const google::protobuf::ServiceDescriptor* SampleServiceNamed(const std::string& name) {
  return sample::Bell::descriptor()->file()->FindServiceByName(name);
}

/// The methods of the sample, and two services that others wrote.
inline const Methods& SampleMethods() {
  static const std::unique_ptr<const Methods> methods = [] {
    const std::array services{SampleServiceNamed("SampleService")};
    return Methods::Create(services, {{"grpc.health.v1.Health", Door::kOpen},
                                      {"grpc.reflection.v1alpha.ServerReflection", Door::kCaller}})
        .value();
  }();
  return *methods;
}

inline const Method& SampleMethod(const std::string& name) {
  return *SampleMethods().Find("/carillon.sample.SampleService/" + name);
}

inline Principal Of(v1::Role role, std::vector<std::string> tenants = {}) {
  Principal principal;
  principal.kind = PrincipalKind::kToken;
  principal.name = "token:tokens/sample";
  principal.role = role;
  principal.all_tenants = tenants.empty();
  principal.tenants = std::move(tenants);
  return principal;
}

}  // namespace carillon::access
