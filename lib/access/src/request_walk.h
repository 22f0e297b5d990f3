#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "carillon/access/principal.h"
#include "carillon/access/request_plan.h"

namespace carillon::access {

/// Walks one request by its plan and compares each name with the principal's tenants.
class RequestWalk {
 public:
  /// `in_tenants`: a request that names no tenant is for principals of all of them.
  RequestWalk(const Principal& principal, bool in_tenants)
      : principal_(principal), in_tenants_(in_tenants) {}

  /// Once. TENANT_FORBIDDEN names the member.
  absl::Status Check(const RequestPlan& plan, google::protobuf::Message& request);

 private:
  /// `based`: short names are relative to a tenant of the principal. Returns false when a name is
  /// not the principal's; `path_` then leads there.
  bool Visit(const RequestPlan& plan, google::protobuf::Message& message, bool based);
  /// Sets `based` when the value leads into a tenant.
  bool Allows(NameKind kind, const std::string& value, bool& based);
  bool AllowsTenant(std::string_view tenant);
  std::string Path() const;

  const Principal& principal_;
  const bool in_tenants_;
  bool named_ = false;  ///< a tenant of the principal
  std::vector<std::pair<const google::protobuf::FieldDescriptor*, int>> path_;  ///< index or -1
};

}  // namespace carillon::access
