#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "carillon/resource/config.h"

namespace carillon::resource {

/// Whether other machines may reach what listens there; `HOST:PORT`, as it was validated.
bool IsReachable(std::string_view address);

/// Whether callers have to say who they are: there are tokens, issuers of tokens, or certificates.
bool AsksCallers(const Config& config);

/// Members with the addresses of ports by which whoever reaches them from another machine may
/// publish (`publish_address`, `admin_address`): callers need not say who they are, and the
/// port asks for no client certificate.
std::vector<std::string_view> OpenPorts(const Config& config);

}  // namespace carillon::resource
