#include "dns_refusal.h"

#include <utility>

#include "absl/strings/ascii.h"

namespace carillon::http {
namespace {

constexpr size_t kHeaderBytes = 12;
constexpr size_t kMaxNameBytes = 255;
constexpr size_t kMaxLabelBytes = 63;

// Of the header (RFC 1035, 4.1.1).
constexpr size_t kFlags = 2;
constexpr size_t kCode = 3;
constexpr unsigned char kIsResponse = 0x80;
constexpr unsigned char kCodeBits = 0x0F;

std::string_view CodeIn(unsigned char rcode) {
  switch (rcode) {
    case 2:
      return "SERVFAIL";
    case 4:
      return "NOTIMP";
    case 5:
      return "REFUSED";
    default:
      return "";
  }
}

/// Empty: it is none.
std::string NameAt(std::string_view labels) {
  std::string name;
  while (!labels.empty() && labels.front() != 0) {
    const size_t bytes = static_cast<unsigned char>(labels.front());
    if (bytes > kMaxLabelBytes || bytes >= labels.size()) return "";
    if (name.size() + bytes > kMaxNameBytes) return "";
    if (!name.empty()) name += '.';
    name.append(labels.substr(1, bytes));
    labels.remove_prefix(1 + bytes);
  }
  if (labels.empty()) return "";
  absl::AsciiStrToLower(&name);
  return name;
}

}  // namespace

std::optional<DnsRefusal> RefusalIn(std::string_view datagram) {
  if (datagram.size() <= kHeaderBytes) return std::nullopt;
  if ((static_cast<unsigned char>(datagram[kFlags]) & kIsResponse) == 0) return std::nullopt;
  const std::string_view code = CodeIn(static_cast<unsigned char>(datagram[kCode]) & kCodeBits);
  if (code.empty()) return std::nullopt;
  std::string name = NameAt(datagram.substr(kHeaderBytes));
  if (name.empty()) return std::nullopt;
  return DnsRefusal{std::move(name), code};
}

}  // namespace carillon::http
