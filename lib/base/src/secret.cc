#include "carillon/base/secret.h"

#include <openssl/crypto.h>

namespace carillon::base {

void Wipe(std::string& bytes) {
  // Within the capacity nothing is allocated, and what lies behind the end may be a longer past.
  bytes.resize(bytes.capacity());
  OPENSSL_cleanse(bytes.data(), bytes.size());
  bytes.clear();
}

}  // namespace carillon::base
