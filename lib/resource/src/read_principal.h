#pragma once

#include <string>

#include "carillon/access/principal.h"
#include "carillon/resource/path.h"
#include "carillon/v1/config.pb.h"

namespace carillon::resource {

/// Reads what a token is for: role, tenants, event types, quota, end. Errors are added, and then it
/// must not be used.
access::Principal ReadPrincipal(const v1::AccessToken& given, const std::string& name,
                                const Path& path, Errors& errors);

}  // namespace carillon::resource
