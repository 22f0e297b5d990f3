#pragma once

#include <string>

#include "carillon/base/clock.h"
#include "carillon/base/random.h"

namespace carillon::base {

/// A UUIDv7 (RFC 9562, 5.7) in its 36-character lower-case form: 48 bits of Unix milliseconds,
/// then 74 random bits.
std::string MakeUuidV7(WallTime now, Random& random);

}  // namespace carillon::base
