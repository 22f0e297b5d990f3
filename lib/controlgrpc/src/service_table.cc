#include "service_table.h"

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace carillon::controlgrpc {
namespace {

[[noreturn]] void Impossible(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  std::abort();
}

const google::protobuf::ServiceDescriptor& Find(const std::string& service) {
  const auto* const found =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service);
  if (found == nullptr) Impossible("there is no service " + service);
  return *found;
}

}  // namespace

ServiceTable::ServiceTable(const std::string& service, ControlCalls& calls)
    : calls_(calls), service_(Find(service)) {
  guest_.name = service;
}

std::string ServiceTable::NameOf(const google::protobuf::Descriptor& request,
                                 const google::protobuf::Descriptor& response) const {
  for (int i = 0; i < service_.method_count(); ++i) {
    const google::protobuf::MethodDescriptor& method = *service_.method(i);
    if (method.input_type() != &request || method.output_type() != &response) continue;
    return absl::StrCat(service_.full_name(), "/", method.name());
  }
  Impossible(absl::StrCat(service_.full_name(), " has no method that takes ", request.full_name(),
                          " and answers ", response.full_name()));
}

}  // namespace carillon::controlgrpc
