#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "carillon/base/secret.h"

namespace carillon::aip {

/// The strong etag of a resource (RFC 9110, 8.8.3), quotes included. Opaque: it says nothing of the
/// revision, and only who has the key makes it.
std::string MakeEtag(const base::Secret& key, std::string_view uid, uint64_t revision);

}  // namespace carillon::aip
