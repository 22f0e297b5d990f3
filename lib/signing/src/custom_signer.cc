#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "carillon/signing/signer.h"
#include "content_template.h"
#include "encode.h"
#include "hmac.h"
#include "validity.h"

namespace carillon::signing {
namespace {

class CustomSigner final : public Signer {
 public:
  CustomSigner(const model::HmacSignature& signature, ContentTemplate content,
               std::span<const model::SigningKey> keys)
      : prefix_(signature.prefix), encoding_(signature.encoding), content_(std::move(content)) {
    for (const model::SigningKey& key : keys) {
      if (key.scheme != model::KeyScheme::kV1) continue;
      keys_.push_back({Hmac(signature.algorithm, key.secret.Reveal()), EndOf(key)});
    }
  }

  void Sign(std::string_view id, int64_t timestamp, std::string_view body,
            std::string& out) override {
    char digits[20];
    const char* end = std::to_chars(digits, digits + sizeof(digits), timestamp).ptr;
    const std::string_view time(digits, end);
    head_.clear();
    content_.AppendHead(id, time, head_);
    tail_.clear();
    content_.AppendTail(id, time, tail_);
    bool first = true;
    for (Key& key : keys_) {
      if (timestamp >= key.end) continue;
      if (!first) out += ',';
      first = false;
      out += prefix_;
      const Hmac::Digest digest = key.hmac.Compute(head_, body, tail_);
      if (encoding_ == model::DigestEncoding::kBase64) {
        AppendBase64(digest.span(), out);
      } else {
        AppendHex(digest.span(), out);
      }
    }
  }

  bool empty() const override { return keys_.empty(); }

 private:
  struct Key {
    Hmac hmac;
    int64_t end;
  };

  const std::string prefix_;
  const model::DigestEncoding encoding_;
  const ContentTemplate content_;
  std::vector<Key> keys_;
  std::string head_, tail_;  // kept for their memory
};

}  // namespace

std::unique_ptr<Signer> Signer::CreateCustom(const model::HmacSignature& signature,
                                             std::span<const model::SigningKey> keys) {
  absl::StatusOr<ContentTemplate> content = ContentTemplate::Parse(signature.content);
  if (!content.ok()) {
    std::fputs("carillon: a signature over a template that was not checked\n", stderr);
    std::abort();
  }
  return std::make_unique<CustomSigner>(signature, *std::move(content), keys);
}

}  // namespace carillon::signing
