#include "standard_requests.h"

#include <google/protobuf/descriptor.h>

namespace carillon::controlgrpc {

std::string MethodName(const google::protobuf::Message& request) {
  const auto& file = *request.GetDescriptor()->file();
  for (int i = 0; i < file.service_count(); ++i) {
    const auto& service = *file.service(i);
    for (int j = 0; j < service.method_count(); ++j) {
      if (service.method(j)->input_type() != request.GetDescriptor()) continue;
      return absl::StrCat(service.full_name(), "/", service.method(j)->name());
    }
  }
  return request.GetDescriptor()->full_name();
}

}  // namespace carillon::controlgrpc
