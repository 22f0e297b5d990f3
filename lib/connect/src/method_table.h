#pragma once

#include <google/protobuf/descriptor.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace carillon::connect {

/// One method, as its descriptor tells it.
struct Method {
  std::string path;  ///< `/package.Service/Method`
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  bool safe = false;  ///< idempotency_level = NO_SIDE_EFFECTS

  bool streams() const { return descriptor->server_streaming(); }
  const google::protobuf::Descriptor& request() const { return *descriptor->input_type(); }
  const google::protobuf::Descriptor& response() const { return *descriptor->output_type(); }
  /// The member that says which request this is if it comes again; null when there is none.
  const google::protobuf::FieldDescriptor* request_id() const;
};

/// The methods of services by their paths. Immutable.
class MethodTable {
 public:
  /// `services`: full names, of the generated pool. NOT_FOUND names one that is not in it.
  static absl::StatusOr<MethodTable> Create(const std::vector<std::string>& services);

  /// Returns nullptr when there is no such method.
  const Method* Find(std::string_view path) const;
  /// What to say to whoever calls a method that there is not.
  std::string Unknown(std::string_view path) const;

 private:
  std::map<std::string, Method, std::less<>> methods_;
};

}  // namespace carillon::connect
