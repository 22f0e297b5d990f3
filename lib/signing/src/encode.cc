#include "encode.h"

#include <openssl/evp.h>

#include <array>

namespace carillon::signing {

void AppendBase64(std::span<const uint8_t> bytes, std::string& out) {
  std::array<uint8_t, (kMaxEncodedBytes + 2) / 3 * 4 + 1> text;  // EVP_EncodeBlock adds a NUL
  const int size = EVP_EncodeBlock(text.data(), bytes.data(), static_cast<int>(bytes.size()));
  out.append(reinterpret_cast<const char*>(text.data()), static_cast<size_t>(size));
}

void AppendHex(std::span<const uint8_t> bytes, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (const uint8_t byte : bytes) {
    out += kHex[byte >> 4];
    out += kHex[byte & 0xF];
  }
}

}  // namespace carillon::signing
