#include <openssl/crypto.h>

#include "carillon/signing/signer.h"
#include "encode.h"
#include "hmac.h"

namespace carillon::signing {

bool Verify(const base::Secret& key, std::string_view id, std::string_view timestamp,
            std::string_view body, std::string_view header) {
  std::string head;
  head.append(id).append(1, '.').append(timestamp).append(1, '.');
  std::string expected = "v1,";
  AppendBase64(Hmac(model::HashAlgorithm::kSha256, key.Reveal()).Compute(head, body).span(),
               expected);
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
