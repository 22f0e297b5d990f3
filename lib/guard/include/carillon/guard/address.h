#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::guard {

/// An IPv4 or IPv6 address, without zone. A value.
class Address {
 public:
  using Bytes = std::array<uint8_t, 16>;

  /// In host order: 0x7f000001 is 127.0.0.1.
  static Address V4(uint32_t number);
  /// In network order. An IPv4-mapped address stays IPv6.
  static Address V6(const Bytes& bytes);

  bool is_v4() const { return is_v4_; }
  /// In network order, the first `bits() / 8` of them.
  const Bytes& bytes() const { return bytes_; }
  int bits() const { return is_v4_ ? 32 : 128; }
  /// Four bytes from `at`, which is at most 12, as an IPv4 address.
  Address V4At(size_t at) const;
  /// Dotted decimal, or RFC 5952.
  std::string ToString() const;
  friend bool operator==(const Address&, const Address&) = default;

 private:
  bool is_v4_ = true;
  Bytes bytes_{};  // those behind an IPv4 address are 0
};

/// Four decimal numbers with dots, or an IPv6 address without brackets and zone; nothing else.
std::optional<Address> ParseAddress(std::string_view text);

}  // namespace carillon::guard
