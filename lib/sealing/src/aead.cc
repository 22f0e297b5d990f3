#include "carillon/sealing/aead.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdint>
#include <memory>
#include <span>

#include "carillon/base/random.h"
#include "sealing_check.h"

namespace carillon::sealing {
namespace {

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

Context NewContext() {
  Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  Check(context != nullptr, "EVP_CIPHER_CTX_new");
  return context;
}

/// Found once: what EVP_aes_256_gcm() gives is looked up anew at each use.
const EVP_CIPHER* Aes256Gcm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  Check(cipher != nullptr, "EVP_CIPHER_fetch");
  return cipher;
}

const uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}
uint8_t* Bytes(std::string& text) { return reinterpret_cast<uint8_t*>(text.data()); }

void Random(std::string& out, size_t bytes) {
  out.resize(bytes);
  base::FillRandom(std::span(Bytes(out), bytes));
}

}  // namespace

base::Secret MakeKey() {
  std::string key;
  Random(key, kKeyBytes);
  return base::Secret(std::move(key));
}

std::string Seal(const base::Secret& key, std::string_view plain, std::string_view context) {
  Check(key.Reveal().size() == kKeyBytes, "a key of 32 bytes");
  std::string sealed;
  Random(sealed, kNonceBytes);
  sealed.resize(kOverhead + plain.size());
  const Context cipher = NewContext();
  uint8_t* const out = Bytes(sealed) + kNonceBytes;
  int length = 0;
  Check(EVP_EncryptInit_ex(cipher.get(), Aes256Gcm(), nullptr, Bytes(key.Reveal()),
                           Bytes(sealed)) == 1,
        "EVP_EncryptInit_ex");
  Check(EVP_EncryptUpdate(cipher.get(), nullptr, &length, Bytes(context),
                          static_cast<int>(context.size())) == 1,
        "EVP_EncryptUpdate");
  Check(EVP_EncryptUpdate(cipher.get(), out, &length, Bytes(plain),
                          static_cast<int>(plain.size())) == 1,
        "EVP_EncryptUpdate");
  Check(EVP_EncryptFinal_ex(cipher.get(), out + plain.size(), &length) == 1, "EVP_EncryptFinal_ex");
  Check(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, out + plain.size()) == 1,
        "EVP_CTRL_GCM_GET_TAG");
  return sealed;
}

absl::StatusOr<base::Secret> Open(const base::Secret& key, std::string_view sealed,
                                  std::string_view context) {
  Check(key.Reveal().size() == kKeyBytes, "a key of 32 bytes");
  if (sealed.size() < kOverhead) return absl::DataLossError("too short to be sealed");
  const std::string_view nonce = sealed.substr(0, kNonceBytes);
  const std::string_view text = sealed.substr(kNonceBytes, sealed.size() - kOverhead);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string plain(text.size(), '\0');
  const Context cipher = NewContext();
  int length = 0;
  Check(EVP_DecryptInit_ex(cipher.get(), Aes256Gcm(), nullptr, Bytes(key.Reveal()), Bytes(nonce)) ==
            1,
        "EVP_DecryptInit_ex");
  Check(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1,
        "EVP_CTRL_GCM_SET_TAG");
  const bool good = EVP_DecryptUpdate(cipher.get(), nullptr, &length, Bytes(context),
                                      static_cast<int>(context.size())) == 1 &&
                    EVP_DecryptUpdate(cipher.get(), Bytes(plain), &length, Bytes(text),
                                      static_cast<int>(text.size())) == 1 &&
                    EVP_DecryptFinal_ex(cipher.get(), Bytes(plain) + plain.size(), &length) == 1;
  base::Secret opened(std::move(plain));
  if (!good)
    return absl::DataLossError("sealed with another key, or for something else, or changed");
  return opened;
}

std::string Mac(const base::Secret& key, std::string_view text) {
  std::string mac(32, '\0');
  unsigned length = 0;
  Check(HMAC(EVP_sha256(), key.Reveal().data(), static_cast<int>(key.Reveal().size()), Bytes(text),
             text.size(), Bytes(mac), &length) != nullptr,
        "HMAC");
  return mac;
}

}  // namespace carillon::sealing
