#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace carillon::connect {

/// Expands one gzip member (RFC 1952). RESOURCE_EXHAUSTED when more than `max_bytes` come of it;
/// INVALID_ARGUMENT when it is none, is cut off, or something follows it.
absl::StatusOr<std::string> Gunzip(std::string_view bytes, size_t max_bytes);

/// Compresses, quickly rather than well.
std::string Gzip(std::string_view bytes);

/// Whether a client that sends this `Accept-Encoding` takes gzip.
bool TakesGzip(std::string_view accept_encoding);

}  // namespace carillon::connect
