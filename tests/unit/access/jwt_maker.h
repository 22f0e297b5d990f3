#pragma once

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"

namespace carillon::access {

inline std::string Base64Url(const std::string& bytes) {
  std::string text;
  absl::WebSafeBase64Escape(bytes, &text);
  return text;
}

/// An issuer's key pair, which signs as its kind does.
class JwtMaker {
 public:
  enum class Kind { kRsa, kP256, kEd25519 };

  explicit JwtMaker(Kind kind, std::string kid = "k1", size_t rsa_bits = 2048)
      : kind_(kind), kid_(std::move(kid)) {
    EVP_PKEY* key = nullptr;
    if (kind == Kind::kRsa) key = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", rsa_bits);
    if (kind == Kind::kP256) key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    if (kind == Kind::kEd25519) key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    key_ = {key, &EVP_PKEY_free};
  }

  std::string algorithm() const {
    return kind_ == Kind::kRsa ? "RS256" : kind_ == Kind::kP256 ? "ES256" : "EdDSA";
  }
  /// The public key.
  nlohmann::json Jwk() const {
    nlohmann::json jwk = {{"kid", kid_}, {"use", "sig"}, {"alg", algorithm()}};
    if (kind_ == Kind::kRsa) {
      jwk["kty"] = "RSA";
      jwk["n"] = Base64Url(Number(OSSL_PKEY_PARAM_RSA_N));
      jwk["e"] = Base64Url(Number(OSSL_PKEY_PARAM_RSA_E));
    } else if (kind_ == Kind::kP256) {
      jwk["kty"] = "EC";
      jwk["crv"] = "P-256";
      jwk["x"] = Base64Url(Number(OSSL_PKEY_PARAM_EC_PUB_X, 32));
      jwk["y"] = Base64Url(Number(OSSL_PKEY_PARAM_EC_PUB_Y, 32));
    } else {
      std::string raw(32, '\0');
      size_t size = raw.size();
      EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(raw.data()), &size);
      jwk["kty"] = "OKP";
      jwk["crv"] = "Ed25519";
      jwk["x"] = Base64Url(raw);
    }
    return jwk;
  }
  nlohmann::json Header() const { return {{"alg", algorithm()}, {"kid", kid_}, {"typ", "JWT"}}; }
  std::string Sign(const nlohmann::json& claims) const { return Sign(Header(), claims.dump()); }
  std::string Sign(const nlohmann::json& header, const std::string& claims) const {
    const std::string message = Base64Url(header.dump()) + "." + Base64Url(claims);
    return message + "." + Base64Url(Signature(message));
  }
  std::string Signature(const std::string& message) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    const EVP_MD* const digest = kind_ == Kind::kEd25519 ? nullptr : EVP_sha256();
    const auto* const bytes = reinterpret_cast<const unsigned char*>(message.data());
    EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get());
    size_t size = 0;
    EVP_DigestSign(context.get(), nullptr, &size, bytes, message.size());
    std::string made(size, '\0');
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(made.data()), &size, bytes,
                   message.size());
    made.resize(size);
    return kind_ == Kind::kP256 ? FromDer(made) : made;
  }

 private:
  std::string Number(const char* name, int size = 0) const {
    BIGNUM* number = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &number);
    std::string bytes(static_cast<size_t>(size > 0 ? size : BN_num_bytes(number)), '\0');
    BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()),
                 static_cast<int>(bytes.size()));
    BN_free(number);
    return bytes;
  }
  static std::string FromDer(const std::string& der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* const both = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    std::string raw(64, '\0');
    auto* const to = reinterpret_cast<unsigned char*>(raw.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(both), to, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(both), to + 32, 32);
    ECDSA_SIG_free(both);
    return raw;
  }

  const Kind kind_;
  const std::string kid_;
  std::shared_ptr<EVP_PKEY> key_;
};

inline std::string SetOf(const std::vector<nlohmann::json>& keys) {
  return nlohmann::json({{"keys", keys}}).dump();
}

}  // namespace carillon::access
