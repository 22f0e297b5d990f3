#include "carillon/aip/page_token.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "carillon/sealing/aead.h"
#include "carillon/sealing/base64url.h"

namespace carillon::aip {
namespace {

constexpr char kTokenVersion = 1;
constexpr size_t kHeaderBytes = 2;  // version, id of the key
constexpr size_t kTimeBytes = 8;

/// Each text with its length, so that no two lists of texts look alike.
std::string TokenContext(std::string_view header, const ListArguments& arguments) {
  std::string context;
  const auto add = [&](std::string_view text) {
    absl::StrAppend(&context, text.size(), ":", base::ToAbsl(text));
  };
  for (const std::string_view text :
       {header, arguments.method, arguments.parent, arguments.filter, arguments.order_by}) {
    add(text);
  }
  for (const std::string& tenant : arguments.tenants) add(tenant);
  return context;
}

int64_t UnixSeconds(base::WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::string TimeText(base::WallTime now) {
  std::string bytes;
  const auto seconds = static_cast<uint64_t>(UnixSeconds(now));
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(seconds >> shift & 0xff);
  return bytes;
}

int64_t ReadTime(std::string_view bytes) {
  uint64_t seconds = 0;
  for (const char c : bytes) seconds = seconds << 8 | static_cast<uint8_t>(c);
  return static_cast<int64_t>(seconds);
}

absl::Status BadToken(std::string_view why) {
  return BadField("page_token", "TOKEN",
                  absl::StrCat(base::ToAbsl(why), ": begin again without a page token"),
                  v1::PAGE_TOKEN_INVALID);
}

}  // namespace

std::string PageTokens::Make(std::string_view cursor, const ListArguments& arguments,
                             base::WallTime now) const {
  const std::string header = {kTokenVersion, static_cast<char>(keys_.front().id)};
  return sealing::ToBase64Url(absl::StrCat(
      header, sealing::Seal(keys_.front().key, absl::StrCat(TimeText(now), base::ToAbsl(cursor)),
                            TokenContext(header, arguments))));
}

absl::StatusOr<std::string> PageTokens::Read(std::string_view token, const ListArguments& arguments,
                                             base::WallTime now) const {
  constexpr std::string_view kForeign =
      "is not from this server, or for another parent, filter, order or caller";
  if (token.size() > kMaxBytes) return BadToken(kForeign);
  const auto bytes = sealing::FromBase64Url(token);
  if (!bytes || bytes->size() < kHeaderBytes || bytes->front() != kTokenVersion) {
    return BadToken(kForeign);
  }
  const std::string_view header = std::string_view(*bytes).substr(0, kHeaderBytes);
  const auto key = std::ranges::find_if(
      keys_, [&](const Key& k) { return k.id == static_cast<uint8_t>(header[1]); });
  if (key == keys_.end()) return BadToken(kForeign);
  const auto opened = sealing::Open(key->key, std::string_view(*bytes).substr(kHeaderBytes),
                                    TokenContext(header, arguments));
  if (!opened.ok() || opened->Reveal().size() < kTimeBytes) return BadToken(kForeign);
  const int64_t made = ReadTime(opened->Reveal().substr(0, kTimeBytes));
  if (UnixSeconds(now) - made > std::chrono::seconds(kLifetime).count()) {
    return BadToken("is older than 24 hours");
  }
  return std::string(opened->Reveal().substr(kTimeBytes));
}

absl::StatusOr<size_t> PageSize(int32_t given, size_t fallback, size_t max) {
  if (given < 0) return BadField("page_size", "OUT_OF_RANGE", "must not be negative");
  return given == 0 ? fallback : std::min(static_cast<size_t>(given), max);
}

}  // namespace carillon::aip
