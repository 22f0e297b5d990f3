#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "carillon/control/change.h"
#include "carillon/control/standard_methods.h"

// What all calls that change something begin with.
namespace carillon::control {

/// FIELD_INVALID about `request_id`: it is none; an empty one is left out.
absl::Status CheckRequestId(const std::string& id);
/// The call without its decision.
ChangeCall MakeCall(const ChangeRequest& request, const Caller& caller,
                    const google::protobuf::Message& answer_type);
/// READ_ONLY_FILE: the file defines it.
absl::Status ReadOnlyFile(std::string_view name);
/// READ_ONLY_BUILT_IN: it is part of Carillon.
absl::Status ReadOnlyBuiltIn(std::string_view name);

}  // namespace carillon::control
