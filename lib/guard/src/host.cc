#include "carillon/guard/host.h"

#include <idn2.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/guard/address.h"

namespace carillon::guard {
namespace {

constexpr size_t kMaxHostBytes = 253;
constexpr size_t kMaxLabelBytes = 63;
constexpr size_t kMaxInputBytes = 2048;

absl::Status Wrong(std::string_view what) { return absl::InvalidArgumentError(base::ToAbsl(what)); }

/// UTS #46, non-transitional: as browsers do.
absl::StatusOr<std::string> ToPunycode(std::string_view host) {
  const std::string z(host);
  uint8_t* found = nullptr;
  const int error = idn2_lookup_u8(reinterpret_cast<const uint8_t*>(z.c_str()), &found,
                                   IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<uint8_t, decltype(&idn2_free)> owner(found, &idn2_free);
  if (error == IDN2_DISALLOWED) {
    return Wrong(
        "has a host name with characters that IDNA 2008 does not allow, such as emoji: "
        "write it in punycode (xn--)");
  }
  if (error != IDN2_OK || found == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "has a host name that cannot be written in punycode (xn--): ", idn2_strerror(error)));
  }
  return std::string(reinterpret_cast<const char*>(found));
}

std::vector<std::string_view> Split(std::string_view host) {
  std::vector<std::string_view> labels;
  for (size_t dot = host.find('.'); dot != host.npos; dot = host.find('.')) {
    labels.push_back(host.substr(0, dot));
    host.remove_prefix(dot + 1);
  }
  labels.push_back(host);
  return labels;
}

bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelBytes &&
         std::ranges::all_of(
             label, [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; });
}

bool IsNumeric(std::string_view label) {
  return label.starts_with("0x") || std::ranges::all_of(label, absl::ascii_isdigit);
}

/// A number as C writes it: decimal, octal with a leading 0, hexadecimal with 0x.
std::optional<uint32_t> ParseNumber(std::string_view text) {
  int radix = 10;
  if (text.starts_with("0x")) {
    radix = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    radix = 8;
  }
  uint32_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, radix);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return number;
}

/// As inet_aton: one to four numbers, the last of which fills the bytes that are left.
std::optional<Address> ParseLoose(const std::vector<std::string_view>& parts) {
  if (parts.size() > 4) return std::nullopt;
  uint32_t address = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::optional<uint32_t> number = ParseNumber(parts[i]);
    if (!number) return std::nullopt;
    const bool is_last = i + 1 == parts.size();
    const size_t bits = is_last ? 8 * (5 - parts.size()) : 8;
    if (uint64_t{*number} >> bits != 0) return std::nullopt;
    address |= is_last ? *number : *number << (24 - 8 * i);
  }
  return Address::V4(address);
}

absl::StatusOr<std::string> NormalizeV6(std::string_view text) {
  const std::optional<Address> address = ParseAddress(text);
  if (!address || address->is_v4()) return Wrong("has a bad IPv6 address");
  return address->ToString();
}

}  // namespace

absl::StatusOr<std::string> NormalizeHost(std::string_view host) {
  if (host.empty()) return Wrong("has no host");
  if (host.find('\0') != host.npos || host.size() > kMaxInputBytes) {
    return Wrong("has a bad host name");
  }
  if (host.front() == '[') {
    if (host.back() != ']') return Wrong("has an IPv6 address without its ']'");
    return NormalizeV6(host.substr(1, host.size() - 2));
  }
  std::string name(host);
  if (!std::ranges::all_of(name, absl::ascii_isascii)) {
    auto punycode = ToPunycode(name);
    if (!punycode.ok()) return punycode.status();
    name = *std::move(punycode);
  }
  name = absl::AsciiStrToLower(name);
  if (name.ends_with('.')) name.pop_back();
  if (name.size() > kMaxHostBytes) return Wrong("has a host name longer than 253 bytes");
  const std::vector<std::string_view> labels = Split(name);
  if (!std::ranges::all_of(labels, IsLabel)) return Wrong("has a bad host name");
  if (!IsNumeric(labels.back())) return name;
  const std::optional<Address> address = ParseLoose(labels);
  if (!address) return Wrong("has a bad IPv4 address");
  return address->ToString();
}

}  // namespace carillon::guard
