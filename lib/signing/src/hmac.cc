#include "hmac.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace carillon::signing {
namespace {

constexpr size_t kMaxBlockBytes = 128;
using Block = std::array<uint8_t, kMaxBlockBytes>;

const EVP_MD* HashOf(model::HashAlgorithm algorithm) {
  return algorithm == model::HashAlgorithm::kSha512 ? EVP_sha512() : EVP_sha256();
}

DigestPtr StateAfter(const EVP_MD* hash, Block block, uint8_t pad) {
  for (uint8_t& byte : block) byte ^= pad;
  DigestPtr digest = NewDigest();
  Require(EVP_DigestInit_ex2(digest.get(), hash, nullptr));
  Require(EVP_DigestUpdate(digest.get(), block.data(),
                           static_cast<size_t>(EVP_MD_get_block_size(hash))));
  OPENSSL_cleanse(block.data(), block.size());
  return digest;
}

}  // namespace

void Require(int ok) {
  if (ok != 1) {
    std::fputs("carillon: OpenSSL could not compute a signature\n", stderr);
    std::abort();
  }
}

DigestPtr NewDigest() {
  DigestPtr digest(EVP_MD_CTX_new());
  Require(digest != nullptr);
  return digest;
}

Hmac::Hmac(model::HashAlgorithm algorithm, std::string_view key) : work_(NewDigest()) {
  const EVP_MD* hash = HashOf(algorithm);
  Block block{};
  if (key.size() > static_cast<size_t>(EVP_MD_get_block_size(hash))) {
    // RFC 2104: a longer key is its hash
    Require(EVP_Digest(key.data(), key.size(), block.data(), nullptr, hash, nullptr));
  } else {
    std::copy(key.begin(), key.end(), block.begin());
  }
  inner_ = StateAfter(hash, block, 0x36);
  outer_ = StateAfter(hash, block, 0x5c);
  OPENSSL_cleanse(block.data(), block.size());
}

Hmac::Digest Hmac::Compute(std::string_view head, std::string_view body, std::string_view tail) {
  Digest digest;
  Require(EVP_MD_CTX_copy_ex(work_.get(), inner_.get()));
  Require(EVP_DigestUpdate(work_.get(), head.data(), head.size()));
  Require(EVP_DigestUpdate(work_.get(), body.data(), body.size()));
  Require(EVP_DigestUpdate(work_.get(), tail.data(), tail.size()));
  Require(EVP_DigestFinal_ex(work_.get(), digest.bytes.data(), &digest.size));
  Require(EVP_MD_CTX_copy_ex(work_.get(), outer_.get()));
  Require(EVP_DigestUpdate(work_.get(), digest.bytes.data(), digest.size));
  Require(EVP_DigestFinal_ex(work_.get(), digest.bytes.data(), &digest.size));
  return digest;
}

}  // namespace carillon::signing
