#pragma once

#include "carillon/base/secret.h"
#include "carillon/model/signing.h"

namespace carillon::signing {

/// A new secret as `ParseAnySecret` reads it, from 32 bytes of the system's random source: `whsec_`
/// and base64 of these (kV1), or `whsk_` and base64 of these, an ed25519 seed, and its public key
/// (kV1a).
base::Secret GenerateSecret(model::KeyScheme scheme);

}  // namespace carillon::signing
