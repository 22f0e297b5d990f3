#include "stream_envelope.h"

#include "absl/strings/str_cat.h"

namespace carillon::connect {
namespace {

constexpr size_t kHeadBytes = 5;

uint32_t Length(std::string_view head) {
  uint32_t length = 0;
  for (size_t i = 1; i < kHeadBytes; ++i) {
    length = length << 8 | static_cast<unsigned char>(head[i]);
  }
  return length;
}

}  // namespace

absl::StatusOr<Envelope> ReadEnvelope(std::string_view body) {
  if (body.size() < kHeadBytes) {
    return absl::InvalidArgumentError(
        "a request of a stream is one message behind five bytes: flags, and its length in four");
  }
  const uint32_t length = Length(body);
  const size_t rest = body.size() - kHeadBytes;
  if (rest != length) {
    return absl::InvalidArgumentError(absl::StrCat("the message is said to have ", length,
                                                   " bytes, and ", rest, " follow its head"));
  }
  const auto flags = static_cast<uint8_t>(body[0]);
  if ((flags & ~Envelope::kCompressed) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("flags ", flags, " are not those of a request"));
  }
  return Envelope{flags, body.substr(kHeadBytes)};
}

std::string WriteEnvelope(const Envelope& envelope) {
  std::string out;
  out.reserve(kHeadBytes + envelope.message.size());
  out.push_back(static_cast<char>(envelope.flags));
  const auto length = static_cast<uint32_t>(envelope.message.size());
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(length >> shift));
  out.append(envelope.message);
  return out;
}

}  // namespace carillon::connect
