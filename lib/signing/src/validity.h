#pragma once

#include <cstdint>
#include <limits>

#include "carillon/base/clock.h"
#include "carillon/model/signing.h"

namespace carillon::signing {

/// The first Unix second in which `key` does not sign any more.
inline int64_t EndOf(const model::SigningKey& key) {
  return key.expires_at ? base::ToUnixSeconds(*key.expires_at)
                        : std::numeric_limits<int64_t>::max();
}

}  // namespace carillon::signing
