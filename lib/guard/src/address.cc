#include "carillon/guard/address.h"

#include <arpa/inet.h>

#include <algorithm>

namespace carillon::guard {

Address Address::V4(uint32_t number) {
  Address out;
  for (size_t i = 0; i < 4; ++i) out.bytes_[i] = static_cast<uint8_t>(number >> (24 - 8 * i));
  return out;
}

Address Address::V6(const Bytes& bytes) {
  Address out;
  out.is_v4_ = false;
  out.bytes_ = bytes;
  return out;
}

Address Address::V4At(size_t at) const {
  Address out;
  std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(at), 4, out.bytes_.begin());
  return out;
}

std::string Address::ToString() const {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(is_v4_ ? AF_INET : AF_INET6, bytes_.data(), text, sizeof(text));
  return text;
}

std::optional<Address> ParseAddress(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != text.npos) return std::nullopt;
  const std::string z(text);
  Address::Bytes bytes{};
  if (inet_pton(AF_INET6, z.c_str(), bytes.data()) == 1) return Address::V6(bytes);
  if (inet_pton(AF_INET, z.c_str(), bytes.data()) == 1) return Address::V6(bytes).V4At(0);
  return std::nullopt;
}

}  // namespace carillon::guard
