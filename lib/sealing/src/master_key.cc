#include "carillon/sealing/master_key.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "carillon/base/text.h"
#include "carillon/sealing/aead.h"

namespace carillon::sealing {

MasterKey::MasterKey(base::Secret key)
    : key_(std::move(key)), id_(Mac(key_, "carillon master key id").substr(0, kIdBytes)) {}

absl::StatusOr<MasterKey> MasterKey::Parse(std::string_view text) {
  const absl::string_view bare = absl::StripAsciiWhitespace(base::ToAbsl(text));
  std::string bytes;
  const bool is_hex = bare.size() == 2 * kKeyBytes && std::ranges::all_of(bare, [](char c) {
                        return absl::ascii_isxdigit(static_cast<unsigned char>(c));
                      });
  if (is_hex) {
    bytes = absl::HexStringToBytes(bare);
  } else if (!absl::Base64Unescape(bare, &bytes)) {
    bytes.clear();
  }
  const bool good = bytes.size() == kKeyBytes;
  base::Secret key(std::move(bytes));
  if (good) return MasterKey(std::move(key));
  return absl::InvalidArgumentError(
      "a master key is 32 random bytes as base64 or 64 hex digits: openssl rand -base64 32");
}

const MasterKey* MasterKeys::Find(std::string_view id) const {
  const auto found =
      std::ranges::find_if(keys_, [&](const MasterKey& key) { return key.id() == id; });
  return found == keys_.end() ? nullptr : &*found;
}

}  // namespace carillon::sealing
