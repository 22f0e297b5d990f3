#pragma once

#include <optional>
#include <string>

#include "carillon/guard/address.h"

namespace carillon::guard {

/// Why `address` is not a public unicast address (`10.0.0.0/8, private use`), or nothing. Looks at
/// the address as it stands, not at what it carries.
std::optional<std::string> FindSpecial(const Address& address);

}  // namespace carillon::guard
