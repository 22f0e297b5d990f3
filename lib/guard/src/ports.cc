#include "carillon/guard/ports.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "absl/status/status.h"

namespace carillon::guard {
namespace {

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (text.size() > 5 || error != std::errc() || stop != end || port == 0) return std::nullopt;
  return port;
}

}  // namespace

absl::StatusOr<PortRange> ParsePorts(std::string_view text) {
  const size_t dash = std::min(text.find('-'), text.size());
  const auto first = ParsePort(text.substr(0, dash));
  const auto last = dash == text.size() ? first : ParsePort(text.substr(dash + 1));
  if (!first || !last || *first > *last) {
    return absl::InvalidArgumentError("must be a port or a range such as 9000 or 9000-9099");
  }
  return PortRange{*first, *last};
}

}  // namespace carillon::guard
