#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdint>
#include <string>

#include "carillon/signing/signer.h"

namespace carillon::signing {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr size_t kMinKeyBytes = 24;
constexpr size_t kMaxKeyBytes = 64;
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

absl::Status Invalid(const char* what) { return absl::InvalidArgumentError(what); }

}  // namespace

absl::StatusOr<base::Secret> ParseSecret(std::string_view text) {
  if (!text.starts_with(kPrefix)) {
    return Invalid("a signing secret must begin with 'whsec_'");
  }
  text.remove_prefix(kPrefix.size());
  constexpr char kLength[] = "a signing secret must be 24 to 64 bytes after base64 decoding";
  if (text.size() > kMaxBase64) return Invalid(kLength);
  constexpr char kNotBase64[] = "a signing secret must be 'whsec_' and standard base64";
  if (!StripPadding(text)) return Invalid(kNotBase64);
  for (const char c : text) {
    if (!IsBase64(c)) return Invalid(kNotBase64);
  }

  std::string block(text);
  block.resize((text.size() + 3) / 4 * 4, 'A');  // decodes to zero bits, cut off below
  std::string key(block.size() / 4 * 3, '\0');
  EVP_DecodeBlock(reinterpret_cast<uint8_t*>(key.data()),
                  reinterpret_cast<const uint8_t*>(block.data()), static_cast<int>(block.size()));
  OPENSSL_cleanse(block.data(), block.size());
  key.resize(text.size() * 3 / 4);
  if (key.size() < kMinKeyBytes || key.size() > kMaxKeyBytes) return Invalid(kLength);
  return base::Secret(std::move(key));
}

}  // namespace carillon::signing
