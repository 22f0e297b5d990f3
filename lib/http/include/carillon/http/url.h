#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace carillon::http {

/// An absolute http or https URL, taken apart.
struct Url {
  bool tls = false;
  std::string host;  ///< lower case; an IPv6 address without its brackets
  uint16_t port = 80;
  std::string target;  ///< path and query, at least "/"; no fragment
  /// The value of a Host header: brackets around IPv6, the port only where it is not the default.
  std::string HostHeader() const;
};

/// INVALID_ARGUMENT with what is wrong (`must start with http:// or https://`): other schemes,
/// user info, control characters or spaces, an empty host, a bad port, over 2048 bytes.
absl::StatusOr<Url> ParseUrl(std::string_view text);

}  // namespace carillon::http
