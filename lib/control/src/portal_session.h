#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "carillon/access/token_secret.h"
#include "carillon/base/secret.h"
#include "carillon/v1/portal_service.pb.h"

// What portal sessions are made of.
namespace carillon::control {

inline constexpr std::chrono::seconds kMinTtl{60};
inline constexpr std::chrono::seconds kMaxTtl{24 * 3600};
inline constexpr std::chrono::seconds kDefaultTtl{3600};
inline constexpr size_t kTokenPrefixLetters = 4;  ///< `car_`

/// What a link ends in: 43 characters that nobody guesses, which are no token.
base::Secret NewLink();
/// As `sha256` has it.
std::string HexOfHash(const access::TokenHash& hash);
/// How long it lasts, in whole seconds.
std::chrono::seconds TtlOf(const v1::PortalSession& session);

}  // namespace carillon::control
