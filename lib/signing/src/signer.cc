#include "carillon/signing/signer.h"

#include <openssl/crypto.h>

#include <charconv>
#include <vector>

#include "hmac.h"

namespace carillon::signing {
namespace {

class HmacSigner final : public Signer {
 public:
  explicit HmacSigner(std::span<const model::SigningKey> keys) {
    keys_.reserve(keys.size());
    for (const model::SigningKey& key : keys) keys_.emplace_back(key.secret.Reveal());
  }

  void Sign(std::string_view id, int64_t timestamp, std::string_view body,
            std::string& out) override {
    if (keys_.empty()) return;
    char digits[20];
    char* end = std::to_chars(digits, digits + sizeof(digits), timestamp).ptr;
    head_.assign(id).append(1, '.').append(digits, end).append(1, '.');
    bool first = true;
    for (HmacSha256& key : keys_) {
      if (!first) out += ' ';
      first = false;
      const auto text = EncodeV1(key.Compute(head_, body));
      out.append(text.data(), text.size());
    }
  }

  bool empty() const override { return keys_.empty(); }

 private:
  std::vector<HmacSha256> keys_;
  std::string head_;  // kept for its memory
};

}  // namespace

std::unique_ptr<Signer> Signer::Create(std::span<const model::SigningKey> keys) {
  return std::make_unique<HmacSigner>(keys);
}

bool Verify(const base::Secret& key, std::string_view id, std::string_view timestamp,
            std::string_view body, std::string_view header) {
  std::string head;
  head.append(id).append(1, '.').append(timestamp).append(1, '.');
  const auto expected = EncodeV1(HmacSha256(key.Reveal()).Compute(head, body));
  bool found = false;
  while (!header.empty()) {
    const size_t space = header.find(' ');
    const std::string_view given = header.substr(0, space);
    header.remove_prefix(space == std::string_view::npos ? header.size() : space + 1);
    found |= given.size() == expected.size() &&
             CRYPTO_memcmp(given.data(), expected.data(), expected.size()) == 0;
  }
  return found;
}

}  // namespace carillon::signing
