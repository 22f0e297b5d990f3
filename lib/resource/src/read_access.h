#pragma once

#include <vector>

#include "carillon/access/authenticator.h"
#include "carillon/resource/path.h"
#include "carillon/v1/config.pb.h"

namespace carillon::resource {

/// Reads who may publish; no error repeats a hash.
std::vector<access::Authenticator::Grant> ReadAccess(const v1::AccessSettings& given,
                                                     const Path& path, Errors& errors);

}  // namespace carillon::resource
