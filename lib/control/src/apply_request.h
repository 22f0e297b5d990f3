#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/control/config_methods.h"
#include "carillon/control/resource_type.h"
#include "carillon/v1/config_service.pb.h"

// What ApplyConfig is asked for, before anything is looked up.
namespace carillon::control {

/// The label of an apply set.
inline constexpr char kApplySetLabel[] = "carillon/apply-set";

/// One resource of the request.
struct Element {
  const ResourceType* type = nullptr;
  std::shared_ptr<const google::protobuf::Message> given;  ///< with its whole name and the label
  std::string name;
  std::string path;  ///< `config.destinations[3]`
};

/// `acme` of `tenants/acme`, `-` of all. FIELD_INVALID about `parent`.
absl::StatusOr<std::string> TenantOfParent(const std::string& parent);

/// Its resources: tenants, event types, destinations, subscriptions. FIELD_INVALID: the request has
/// something else, too many, one twice, or one that is not in its parent.
absl::StatusOr<std::vector<Element>> ReadElements(const v1::ApplyConfigRequest& request,
                                                  const ConfigTypes& types);

/// The error of one resource as that of the request: members begin where it stands there.
absl::Status AtElement(const absl::Status& status, const Element& element);

}  // namespace carillon::control
