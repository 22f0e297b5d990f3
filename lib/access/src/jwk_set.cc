#include "carillon/access/jwk_set.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "strict_json.h"

namespace carillon::access {
namespace {

using nlohmann::json;
using KeyPtr = std::shared_ptr<EVP_PKEY>;

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;
constexpr size_t kP256Bytes = 32;
constexpr size_t kEd25519Bytes = 32;
constexpr size_t kMaxKidBytes = 256;

struct OpenSslFree {
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* parameters) const { OSSL_PARAM_free(parameters); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
template <typename T>
using Owned = std::unique_ptr<T, OpenSslFree>;

const unsigned char* BytesOf(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Owned<BIGNUM> ToNumber(std::string_view bytes) {
  return Owned<BIGNUM>(BN_bin2bn(BytesOf(bytes), static_cast<int>(bytes.size()), nullptr));
}

std::optional<std::string> BytesMember(const json& key, const char* name) {
  const auto text = TextMember(key, name);
  return text ? DecodeBase64Url(*text) : std::nullopt;
}

/// Null: OpenSSL does not take it.
KeyPtr MakeKey(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (parameters == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  KeyPtr key(made, &EVP_PKEY_free);
  const Owned<EVP_PKEY_CTX> check(EVP_PKEY_CTX_new_from_pkey(nullptr, made, nullptr));
  if (check == nullptr || EVP_PKEY_public_check(check.get()) != 1) return nullptr;
  return key;
}

KeyPtr RsaKey(const json& jwk) {
  const auto n = BytesMember(jwk, "n");
  const auto e = BytesMember(jwk, "e");
  if (!n || !e || n->size() > kMaxRsaBits / 8 || e->size() > 8) return nullptr;
  const Owned<BIGNUM> modulus = ToNumber(*n);
  const Owned<BIGNUM> exponent = ToNumber(*e);
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (modulus == nullptr || exponent == nullptr || builder == nullptr ||
      BN_num_bits(modulus.get()) < kMinRsaBits || !BN_is_odd(exponent.get()) ||
      BN_is_one(exponent.get())) {
    return nullptr;
  }
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  return MakeKey("RSA", builder.get());
}

KeyPtr EcKey(const json& jwk) {
  const auto x = BytesMember(jwk, "x");
  const auto y = BytesMember(jwk, "y");
  if (!x || !y || x->size() != kP256Bytes || y->size() != kP256Bytes) return nullptr;
  const std::string point = absl::StrCat("\x04", *x, *y);  // not compressed
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr) return nullptr;
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  return MakeKey("EC", builder.get());
}

KeyPtr EdKey(const json& jwk) {
  const auto x = BytesMember(jwk, "x");
  if (!x || x->size() != kEd25519Bytes) return nullptr;
  return {EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, BytesOf(*x), x->size()),
          &EVP_PKEY_free};
}

/// Which of the algorithms the key is for; nullopt: none.
std::optional<JwsAlgorithm> AlgorithmOf(const json& jwk) {
  const auto type = TextMember(jwk, "kty");
  const auto curve = TextMember(jwk, "crv");
  std::optional<JwsAlgorithm> algorithm;
  if (type == "RSA") algorithm = JwsAlgorithm::kRs256;
  if (type == "EC" && curve == "P-256") algorithm = JwsAlgorithm::kEs256;
  if (type == "OKP" && curve == "Ed25519") algorithm = JwsAlgorithm::kEdDsa;
  if (jwk.contains("use") && TextMember(jwk, "use") != "sig") return std::nullopt;
  if (jwk.contains("alg")) {
    const auto named = TextMember(jwk, "alg");
    if (!named || ReadJwsAlgorithm(*named) != algorithm) return std::nullopt;
  }
  return algorithm;
}

KeyPtr ReadKey(JwsAlgorithm algorithm, const json& jwk) {
  switch (algorithm) {
    case JwsAlgorithm::kRs256:
      return RsaKey(jwk);
    case JwsAlgorithm::kEs256:
      return EcKey(jwk);
    case JwsAlgorithm::kEdDsa:
      return EdKey(jwk);
  }
  return nullptr;
}

/// JSON Web Signatures have the two numbers one behind the other, OpenSSL wants them as DER.
std::optional<std::string> ToDer(std::string_view signature) {
  if (signature.size() != 2 * kP256Bytes) return std::nullopt;
  Owned<BIGNUM> r = ToNumber(signature.substr(0, kP256Bytes));
  Owned<BIGNUM> s = ToNumber(signature.substr(kP256Bytes));
  const Owned<ECDSA_SIG> both(ECDSA_SIG_new());
  if (r == nullptr || s == nullptr || both == nullptr) return std::nullopt;
  if (ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return std::nullopt;
  (void)r.release();
  (void)s.release();
  std::array<unsigned char, 80> der{};
  unsigned char* end = der.data();
  const int size = i2d_ECDSA_SIG(both.get(), nullptr);
  if (size <= 0 || static_cast<size_t>(size) > der.size()) return std::nullopt;
  if (i2d_ECDSA_SIG(both.get(), &end) != size) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(der.data()), static_cast<size_t>(size));
}

absl::Status BadSet(std::string_view why) { return absl::InvalidArgumentError(std::string(why)); }

}  // namespace

std::optional<JwsAlgorithm> ReadJwsAlgorithm(std::string_view name) {
  if (name == "RS256") return JwsAlgorithm::kRs256;
  if (name == "ES256") return JwsAlgorithm::kEs256;
  if (name == "EdDSA") return JwsAlgorithm::kEdDsa;
  return std::nullopt;
}

absl::StatusOr<JwkSet> JwkSet::Parse(std::string_view text) {
  if (text.size() > kMaxBytes) return BadSet("must be at most 256 KiB");
  const auto set = ReadStrictObject(text);
  if (!set || !set->contains("keys") || !(*set)["keys"].is_array()) {
    return BadSet("must be a JSON Web Key Set: {\"keys\": [...]}");
  }
  const json& keys = (*set)["keys"];
  if (keys.size() > kMaxKeys) return BadSet("has more than 64 keys");
  JwkSet made;
  made.text_ = std::string(text);
  for (const json& jwk : keys) {
    if (!jwk.is_object()) return BadSet("has a key that is no object");
    if (jwk.contains("d") || jwk.contains("k") || TextMember(jwk, "kty") == "oct") {
      return BadSet("has a private or secret key in it: give public keys only, and make new ones");
    }
    const std::optional<JwsAlgorithm> algorithm = AlgorithmOf(jwk);
    if (!algorithm) continue;
    Key key{.kid = TextMember(jwk, "kid"), .algorithm = *algorithm};
    if (key.kid && key.kid->size() > kMaxKidBytes) return BadSet("has a kid of over 256 bytes");
    if (made.Find(*algorithm, key.kid) != nullptr && key.kid) {
      return BadSet(absl::StrCat("has two keys with the kid '", *key.kid, "'"));
    }
    key.key = ReadKey(*algorithm, jwk);
    ERR_clear_error();
    if (key.key == nullptr) {
      return BadSet(
          absl::StrCat("has a key that is none: RSA of 2048 to 8192 bits, P-256 or Ed25519",
                       key.kid ? absl::StrCat(", kid '", *key.kid, "'") : ""));
    }
    made.keys_.push_back(std::move(key));
  }
  if (made.keys_.empty()) {
    return BadSet("has no key for RS256, ES256 or EdDSA (Ed25519)");
  }
  return made;
}

const JwkSet::Key* JwkSet::Find(JwsAlgorithm algorithm,
                                const std::optional<std::string>& kid) const {
  const Key* found = nullptr;
  for (const Key& key : keys_) {
    if (key.algorithm != algorithm || (kid && key.kid != kid)) continue;
    if (found != nullptr) return nullptr;
    found = &key;
  }
  return found;
}

bool JwkSet::Includes(const JwkSet& other) const {
  return std::ranges::all_of(other.keys_, [&](const Key& key) {
    return std::ranges::any_of(keys_, [&](const Key& own) {
      return own.kid == key.kid && own.algorithm == key.algorithm &&
             EVP_PKEY_eq(own.key.get(), key.key.get()) == 1;
    });
  });
}

bool JwkSet::Verify(JwsAlgorithm algorithm, const std::optional<std::string>& kid,
                    std::string_view message, std::string_view signature) const {
  const Key* const key = Find(algorithm, kid);
  if (key == nullptr) return false;
  std::string der;
  if (algorithm == JwsAlgorithm::kEs256) {
    auto made = ToDer(signature);
    if (!made) return false;
    der = *std::move(made);
    signature = der;
  }
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const EVP_MD* const digest = algorithm == JwsAlgorithm::kEdDsa ? nullptr : EVP_sha256();
  const bool good =
      context != nullptr &&
      EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key->key.get()) == 1 &&
      EVP_DigestVerify(context.get(), BytesOf(signature), signature.size(), BytesOf(message),
                       message.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace carillon::access
