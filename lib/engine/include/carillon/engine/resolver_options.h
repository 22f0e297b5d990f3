#pragma once

#include "carillon/http/resolver.h"
#include "carillon/v1/config.pb.h"

namespace carillon::engine {

/// The resolver that the settings describe, validated as they are; nobody is told what it does.
http::ResolverOptions ResolverOptionsOf(const v1::ResolverSettings& settings);

}  // namespace carillon::engine
