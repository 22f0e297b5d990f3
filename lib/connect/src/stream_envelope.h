#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace carillon::connect {

/// One message of a stream, as Connect frames it: a byte of flags, four of length (big endian), the
/// message.
struct Envelope {
  static constexpr uint8_t kCompressed = 1;
  static constexpr uint8_t kEndOfStream = 2;

  uint8_t flags = 0;
  std::string_view message;
};

/// The envelope that `body` is, and nothing else: a request of a method that streams its answers.
/// INVALID_ARGUMENT when it is cut off, more follows, or a flag is unknown. The view is of `body`.
absl::StatusOr<Envelope> ReadEnvelope(std::string_view body);

/// At most 4 GiB.
std::string WriteEnvelope(const Envelope& envelope);

}  // namespace carillon::connect
