#include "carillon/access/token_secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "carillon/base/random.h"
#include "carillon/base/text.h"

namespace carillon::access {
namespace {

constexpr std::string_view kPrefix = "car_";
constexpr size_t kSecretBytes = 32;
constexpr size_t kSecretLetters = 43;
constexpr std::string_view kScheme = "Bearer ";

bool IsBase64Url(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
}

/// A context for SHA-256: making one costs more than hashing a token.
class Sha256 {
 public:
  TokenHash Of(std::string_view bytes) {
    TokenHash hash{};
    EVP_DigestInit_ex2(context_.get(), nullptr, nullptr);
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
    EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr);
    return hash;
  }
  Sha256() { EVP_DigestInit_ex2(context_.get(), EVP_sha256(), nullptr); }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  const std::unique_ptr<EVP_MD_CTX, Free> context_{EVP_MD_CTX_new()};
};

}  // namespace

base::Secret NewToken() {
  std::array<uint8_t, kSecretBytes> random{};
  base::FillRandom(random);
  std::string letters;
  absl::WebSafeBase64Escape(
      absl::string_view(reinterpret_cast<const char*>(random.data()), random.size()), &letters);
  OPENSSL_cleanse(random.data(), random.size());
  std::string token;
  token.reserve(kPrefix.size() + letters.size());  // no half of it in a buffer that was outgrown
  token.append(kPrefix).append(letters);
  base::Wipe(letters);
  return base::Secret(std::move(token));
}

bool LooksLikeToken(std::string_view text) {
  return text.size() == kPrefix.size() + kSecretLetters && text.starts_with(kPrefix) &&
         std::ranges::all_of(text.substr(kPrefix.size()), IsBase64Url);
}

std::optional<TokenHash> HashToken(std::string_view token) {
  if (!LooksLikeToken(token)) return std::nullopt;
  return HashText(token);
}

TokenHash HashText(std::string_view text) {
  thread_local Sha256 sha256;
  return sha256.Of(text);
}

bool SameHash(const TokenHash& a, const TokenHash& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<std::string_view> BearerOf(std::string_view header) {
  if (!absl::StartsWithIgnoreCase(base::ToAbsl(header), base::ToAbsl(kScheme))) return std::nullopt;
  header.remove_prefix(kScheme.size());
  const size_t from = header.find_first_not_of(' ');
  if (from == std::string_view::npos) return std::nullopt;
  return header.substr(from, header.find_last_not_of(' ') - from + 1);
}

}  // namespace carillon::access
