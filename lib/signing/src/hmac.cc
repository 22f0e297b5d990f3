#include "hmac.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace carillon::signing {
namespace {

constexpr size_t kBlockBytes = 64;

/// OpenSSL fails here only when it is out of memory or has no SHA-256: an unsigned or wrongly
/// signed request must not leave.
void Require(int ok) {
  if (ok != 1) {
    std::fputs("carillon: OpenSSL could not compute SHA-256\n", stderr);
    std::abort();
  }
}

DigestPtr NewDigest() {
  DigestPtr digest(EVP_MD_CTX_new());
  Require(digest != nullptr);
  return digest;
}

DigestPtr StateAfter(std::array<uint8_t, kBlockBytes> block, uint8_t pad) {
  for (uint8_t& byte : block) byte ^= pad;
  DigestPtr digest = NewDigest();
  Require(EVP_DigestInit_ex2(digest.get(), EVP_sha256(), nullptr));
  Require(EVP_DigestUpdate(digest.get(), block.data(), block.size()));
  OPENSSL_cleanse(block.data(), block.size());
  return digest;
}

}  // namespace

HmacSha256::HmacSha256(std::string_view key) : work_(NewDigest()) {
  std::array<uint8_t, kBlockBytes> block{};
  if (key.size() > kBlockBytes) {  // RFC 2104: a longer key is its hash
    Require(EVP_Digest(key.data(), key.size(), block.data(), nullptr, EVP_sha256(), nullptr));
  } else {
    std::copy(key.begin(), key.end(), block.begin());
  }
  inner_ = StateAfter(block, 0x36);
  outer_ = StateAfter(block, 0x5c);
  OPENSSL_cleanse(block.data(), block.size());
}

HmacSha256::Digest HmacSha256::Compute(std::string_view head, std::string_view tail) {
  Digest digest;
  Require(EVP_MD_CTX_copy_ex(work_.get(), inner_.get()));
  Require(EVP_DigestUpdate(work_.get(), head.data(), head.size()));
  Require(EVP_DigestUpdate(work_.get(), tail.data(), tail.size()));
  Require(EVP_DigestFinal_ex(work_.get(), digest.data(), nullptr));
  Require(EVP_MD_CTX_copy_ex(work_.get(), outer_.get()));
  Require(EVP_DigestUpdate(work_.get(), digest.data(), digest.size()));
  Require(EVP_DigestFinal_ex(work_.get(), digest.data(), nullptr));
  return digest;
}

std::array<char, kV1Bytes> EncodeV1(const HmacSha256::Digest& digest) {
  std::array<uint8_t, kV1Bytes + 1> text;  // EVP_EncodeBlock ends with a NUL
  std::memcpy(text.data(), kV1Prefix.data(), kV1Prefix.size());
  EVP_EncodeBlock(text.data() + kV1Prefix.size(), digest.data(), static_cast<int>(digest.size()));
  std::array<char, kV1Bytes> out;
  std::memcpy(out.data(), text.data(), out.size());
  return out;
}

}  // namespace carillon::signing
