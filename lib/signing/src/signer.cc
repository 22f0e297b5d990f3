#include "carillon/signing/signer.h"

#include <charconv>
#include <variant>
#include <vector>

#include "ed25519.h"
#include "encode.h"
#include "hmac.h"
#include "validity.h"

namespace carillon::signing {
namespace {

class StandardSigner final : public Signer {
 public:
  explicit StandardSigner(std::span<const model::SigningKey> keys) {
    keys_.reserve(keys.size());
    for (const model::SigningKey& key : keys) keys_.push_back({Expand(key), EndOf(key)});
  }

  void Sign(std::string_view id, int64_t timestamp, std::string_view body,
            std::string& out) override {
    char digits[20];
    char* end = std::to_chars(digits, digits + sizeof(digits), timestamp).ptr;
    head_.assign(id).append(1, '.').append(digits, end).append(1, '.');
    bool first = true;
    for (Key& key : keys_) {
      if (timestamp >= key.end) continue;
      if (!first) out += ' ';
      first = false;
      if (Hmac* hmac = std::get_if<Hmac>(&key.algorithm)) {
        out += "v1,";
        AppendBase64(hmac->Compute(head_, body).span(), out);
      } else {
        out += "v1a,";
        AppendBase64(std::get<Ed25519>(key.algorithm).Sign(std::string(head_).append(body)), out);
      }
    }
  }

  bool empty() const override { return keys_.empty(); }

 private:
  using Algorithm = std::variant<Hmac, Ed25519>;
  struct Key {
    Algorithm algorithm;
    int64_t end;
  };

  static Algorithm Expand(const model::SigningKey& key) {
    const std::string_view secret = key.secret.Reveal();
    if (key.scheme == model::KeyScheme::kV1a) return Ed25519(secret.substr(0, Ed25519::kSeedBytes));
    return Hmac(model::HashAlgorithm::kSha256, secret);
  }

  std::vector<Key> keys_;
  std::string head_;  // kept for its memory
};

}  // namespace

std::unique_ptr<Signer> Signer::Create(std::span<const model::SigningKey> keys) {
  return std::make_unique<StandardSigner>(keys);
}

}  // namespace carillon::signing
