#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace carillon::guard {

/// The one spelling of a URL's host: `[2001:DB8:0::1]` becomes `2001:db8::1` (no brackets),
/// `Bücher.example.` becomes `xn--bcher-kva.example`, and every form that inet_aton takes becomes
/// dotted decimal (`0x7f.1`, `017700000001`, `2130706433`: `127.0.0.1`). `host` is UTF-8.
///
/// INVALID_ARGUMENT with what is wrong (`has a bad host name`): what is neither an address nor
/// labels of letters, digits, `-` and `_`, after mapping by UTS #46; a last label that begins as a
/// number does in a host that is no address; zones; over 253 bytes.
absl::StatusOr<std::string> NormalizeHost(std::string_view host);

}  // namespace carillon::guard
