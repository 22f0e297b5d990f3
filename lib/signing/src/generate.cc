#include "carillon/signing/generate.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <string>

#include "carillon/base/random.h"
#include "ed25519.h"
#include "encode.h"

namespace carillon::signing {
namespace {

constexpr size_t kRandomBytes = 32;
static_assert(kRandomBytes == Ed25519::kSeedBytes);

}  // namespace

base::Secret GenerateSecret(model::KeyScheme scheme) {
  std::array<uint8_t, kRandomBytes + Ed25519::kPublicBytes> bytes{};
  const std::span<uint8_t> random(bytes.data(), kRandomBytes);
  base::FillRandom(random);
  std::string text;
  if (scheme == model::KeyScheme::kV1) {
    text = "whsec_";
    AppendBase64(random, text);
  } else {
    text = "whsk_";
    const Ed25519 key({reinterpret_cast<const char*>(random.data()), random.size()});
    std::ranges::copy(key.PublicKey(), bytes.begin() + kRandomBytes);
    AppendBase64(bytes, text);
  }
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return base::Secret(std::move(text));
}

}  // namespace carillon::signing
