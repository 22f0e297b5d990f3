#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "carillon/signing/signer.h"
#include "ed25519.h"
#include "encode.h"

namespace carillon::signing {
namespace {

constexpr std::string_view kV1Prefix = "whsec_";
constexpr std::string_view kV1aPrefix = "whsk_";
constexpr size_t kMinKeyBytes = 24;
constexpr size_t kMaxKeyBytes = 64;
constexpr size_t kV1aBytes = Ed25519::kSeedBytes + Ed25519::kPublicBytes;
constexpr size_t kMaxBase64 = (kMaxKeyBytes + 2) / 3 * 4;

bool IsBase64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

/// Takes the padding off `text`; false when there is some but not what its length asks for.
bool StripPadding(std::string_view& text) {
  const size_t last = text.find_last_not_of('=');
  const size_t digits = last == std::string_view::npos ? 0 : last + 1;
  const bool padded = digits != text.size();
  if (padded && (text.size() % 4 != 0 || text.size() - digits > 2)) return false;
  text = text.substr(0, digits);
  return digits % 4 != 1;
}

absl::Status InvalidSecret(const char* what) { return absl::InvalidArgumentError(what); }

/// What a kind of secret must be, as its errors say it.
struct Form {
  std::string_view prefix;
  size_t min_bytes;
  size_t max_bytes;
  const char* not_base64;
  const char* wrong_length;
};

constexpr Form kV1Form = {kV1Prefix, kMinKeyBytes, kMaxKeyBytes,
                          "a signing secret must be 'whsec_' and standard base64",
                          "a signing secret must be 24 to 64 bytes after base64 decoding"};
constexpr Form kV1aForm = {kV1aPrefix, kV1aBytes, kV1aBytes,
                           "an ed25519 secret must be 'whsk_' and standard base64",
                           "an ed25519 secret must be 64 bytes after base64 decoding"};

/// The bytes of a secret that begins with the form's prefix.
absl::StatusOr<base::Secret> Decode(std::string_view text, const Form& form) {
  text.remove_prefix(form.prefix.size());
  if (text.size() > kMaxBase64) return InvalidSecret(form.wrong_length);
  if (!StripPadding(text) || !std::ranges::all_of(text, IsBase64))
    return InvalidSecret(form.not_base64);

  std::string block(text);
  block.resize((text.size() + 3) / 4 * 4, 'A');  // decodes to zero bits, cut off below
  std::string key(block.size() / 4 * 3, '\0');
  EVP_DecodeBlock(reinterpret_cast<uint8_t*>(key.data()),
                  reinterpret_cast<const uint8_t*>(block.data()), static_cast<int>(block.size()));
  OPENSSL_cleanse(block.data(), block.size());
  key.resize(text.size() * 3 / 4);
  if (key.size() < form.min_bytes || key.size() > form.max_bytes)
    return InvalidSecret(form.wrong_length);
  return base::Secret(std::move(key));
}

bool HalvesBelongTogether(std::string_view secret) {
  const auto key = Ed25519(secret.substr(0, Ed25519::kSeedBytes)).PublicKey();
  const std::string_view expected(reinterpret_cast<const char*>(key.data()), key.size());
  return secret.substr(Ed25519::kSeedBytes) == expected;
}

}  // namespace

absl::StatusOr<base::Secret> ParseSecret(std::string_view text) {
  if (!text.starts_with(kV1Prefix))
    return InvalidSecret("a signing secret must begin with 'whsec_'");
  return Decode(text, kV1Form);
}

absl::StatusOr<SchemeSecret> ParseAnySecret(std::string_view text) {
  const bool v1a = text.starts_with(kV1aPrefix);
  if (!v1a && !text.starts_with(kV1Prefix)) {
    return InvalidSecret("a signing secret must begin with 'whsec_' or 'whsk_'");
  }
  absl::StatusOr<base::Secret> secret = Decode(text, v1a ? kV1aForm : kV1Form);
  if (!secret.ok()) return secret.status();
  if (v1a && !HalvesBelongTogether(secret->Reveal())) {
    return InvalidSecret("the public half of an ed25519 secret must belong to its seed");
  }
  return SchemeSecret{v1a ? model::KeyScheme::kV1a : model::KeyScheme::kV1, *std::move(secret)};
}

base::Secret FormatSecret(const SchemeSecret& secret) {
  const std::string_view bytes = secret.bytes.Reveal();
  std::string text(secret.scheme == model::KeyScheme::kV1 ? kV1Prefix : kV1aPrefix);
  AppendBase64({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, text);
  return base::Secret(std::move(text));
}

}  // namespace carillon::signing
