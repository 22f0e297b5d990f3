#pragma once

#include <string>
#include <vector>

#include "carillon/guard/network.h"
#include "carillon/web/message.h"

namespace carillon::connect {

/// Proxies whose X-Forwarded-For is believed.
using TrustedProxies = std::vector<guard::Network>;

/// Hops of X-Forwarded-For that are looked at, from the right.
inline constexpr size_t kMaxHops = 32;

/// Where a request comes from: its peer, or, where that is a trusted proxy, the rightmost address
/// of X-Forwarded-For that is none of a trusted proxy. What stands further left anybody may have
/// written, as may be what is no address: then it is the last proxy before that.
std::string ClientAddress(const web::Request& request, const TrustedProxies& proxies);

}  // namespace carillon::connect
