#include "ed25519.h"

namespace carillon::signing {
namespace {

const uint8_t* Bytes(std::string_view s) { return reinterpret_cast<const uint8_t*>(s.data()); }

}  // namespace

Ed25519::Ed25519(std::string_view seed)
    : key_(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Bytes(seed), seed.size())),
      work_(NewDigest()) {
  Require(key_ != nullptr);
}

std::array<uint8_t, Ed25519::kPublicBytes> Ed25519::PublicKey() const {
  std::array<uint8_t, kPublicBytes> bytes;
  size_t size = bytes.size();
  Require(EVP_PKEY_get_raw_public_key(key_.get(), bytes.data(), &size));
  return bytes;
}

std::array<uint8_t, Ed25519::kSignatureBytes> Ed25519::Sign(std::string_view message) {
  std::array<uint8_t, kSignatureBytes> signature;
  size_t size = signature.size();
  Require(EVP_MD_CTX_reset(work_.get()));
  Require(EVP_DigestSignInit(work_.get(), nullptr, nullptr, nullptr, key_.get()));
  Require(EVP_DigestSign(work_.get(), signature.data(), &size, Bytes(message), message.size()));
  return signature;
}

}  // namespace carillon::signing
