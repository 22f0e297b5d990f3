#pragma once

#include <string>

#include "carillon/access/authenticator.h"
#include "carillon/resource/path.h"
#include "carillon/v1/access_service.pb.h"

namespace carillon::control {

/// What a token that is stored grants. Errors are added; then the grant must not be used.
access::Authenticator::Grant ToGrant(const v1::Token& token, const resource::Path& path,
                                     resource::Errors& errors);

/// The end of a token that has none: 9999-12-31T23:59:59Z.
inline constexpr int64_t kNoEndSeconds = 253'402'300'799;

}  // namespace carillon::control
