#include "carillon/sealing/base64url.h"

#include "absl/strings/escaping.h"

namespace carillon::sealing {

std::string ToBase64Url(std::string_view bytes) {
  return absl::WebSafeBase64Escape(absl::string_view(bytes.data(), bytes.size()));
}

std::optional<std::string> FromBase64Url(std::string_view text) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(absl::string_view(text.data(), text.size()), &bytes)) {
    return std::nullopt;
  }
  // absl takes padding, white space and stray bits.
  if (ToBase64Url(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace carillon::sealing
