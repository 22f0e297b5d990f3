#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace carillon::net {

/// An absolute http or https URL, taken apart.
struct Url {
  bool tls = false;
  std::string host;  ///< as guard::NormalizeHost: an IPv6 address without its brackets
  uint16_t port = 80;
  std::string target;  ///< path and query, at least "/"; no fragment
  /// The value of a Host header: brackets around IPv6, the port only where it is not the default.
  std::string HostHeader() const;
};

/// INVALID_ARGUMENT with what is wrong (`must start with http:// or https://`): other schemes,
/// user info, control characters or spaces, a bad host or port, over 2048 bytes. Only the host may
/// hold other characters than ASCII. Says nothing on whether Carillon may go there (guard::Rules).
absl::StatusOr<Url> ParseUrl(std::string_view text);

}  // namespace carillon::net
