#pragma once

#include <string>

#include "carillon/guard/rules.h"
#include "carillon/resource/path.h"
#include "carillon/v1/config.pb.h"

namespace carillon::resource {

/// `path` is that of `guard`.
guard::Rules ReadGuard(const v1::GuardSettings& given, const Path& path, Errors& errors);

/// Adds an error when `url` is none of http, or `rules` do not let its port or, where its host is
/// one, its address pass. Names are left to the time when they are resolved.
void CheckUrl(const std::string& url, const guard::Rules& rules, const Path& path, Errors& errors);

}  // namespace carillon::resource
