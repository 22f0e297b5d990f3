#include "request_headers.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "secret_source.h"

namespace carillon::resource {
namespace {

constexpr int kMaxHeaders = 32;
constexpr size_t kMaxNameBytes = 128;
constexpr size_t kMaxBytes = 8 * 1024;
constexpr size_t kLineBytes = 4;  // ": " and CR LF

constexpr std::array<std::string_view, 14> kOwned = {"connection",     "content-encoding",
                                                     "content-length", "content-type",
                                                     "expect",         "host",
                                                     "keep-alive",     "te",
                                                     "traceparent",    "tracestate",
                                                     "trailer",        "transfer-encoding",
                                                     "upgrade",        "user-agent"};
constexpr std::array<std::string_view, 3> kOwnedPrefixes = {"ce-", "proxy-", "webhook-"};

bool IsToken(std::string_view s) {
  return !s.empty() && s.size() <= kMaxNameBytes && std::ranges::all_of(s, [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool IsOwned(std::string_view lower) {
  return std::ranges::find(kOwned, lower) != kOwned.end() ||
         std::ranges::any_of(kOwnedPrefixes,
                             [&](auto prefix) { return lower.starts_with(prefix); });
}

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

/// U+0080 to U+009F, in UTF-8: control characters too.
bool HasC1(std::string_view s) {
  for (size_t at = s.find('\xC2'); at != s.npos; at = s.find('\xC2', at + 1)) {
    if (at + 1 < s.size() && static_cast<uint8_t>(s[at + 1]) < 0xA0) return true;
  }
  return false;
}

/// A field value of RFC 9110: receivers would strip white space at its ends, so the value would
/// not be the one that was asked for.
bool IsValue(std::string_view s) {
  if (s.empty()) return true;
  if (base::FindInvalidUtf8(s) || HasC1(s)) return false;
  return !IsBlank(s.front()) && !IsBlank(s.back()) && std::ranges::all_of(s, [](char c) {
    const auto byte = static_cast<uint8_t>(c);
    return (byte >= 0x20 && byte != 0x7F) || c == '\t';
  });
}

/// Returns an empty value where it is one, is wrong, or is not read.
base::Secret ReadValue(const v1::Header& header, const Path& path, Errors& errors) {
  constexpr std::string_view kWrong =
      "must be UTF-8 without control characters and neither begin nor end with white space";
  if (!header.has_secret()) {
    if (!IsValue(header.value())) errors.Add(path.Member("value"), kWrong);
    return base::Secret(header.value());
  }
  const Path place = path.Member("secret");
  std::optional<FoundSecret> found = FindSecret(header.secret(), place, errors);
  if (!found) return base::Secret();
  if (found->secret.Reveal().empty()) {
    errors.Add(place.Member(found->member), "leads to an empty value");
  } else if (!IsValue(found->secret.Reveal())) {
    errors.Add(place.Member(found->member), kWrong);
  }
  return std::move(found->secret);
}

}  // namespace

void CheckHeaderName(std::string_view name, const Path& path, Errors& errors) {
  if (!IsToken(name)) {
    errors.Add(path, "must be 1-128 characters of [A-Za-z0-9] and !#$%&'*+-.^_`|~");
  } else if (IsOwned(absl::AsciiStrToLower(base::ToAbsl(name)))) {
    errors.Add(path, "is a header that Carillon sets, or that belongs to the connection");
  }
}

std::vector<model::Header> ReadHeaders(const v1::Destination& given, const Path& path,
                                       Errors& errors) {
  std::vector<model::Header> headers;
  if (given.headers_size() > kMaxHeaders) {
    errors.Add(path, absl::StrCat("must be at most ", kMaxHeaders));
    return headers;
  }
  absl::flat_hash_set<std::string> names;
  size_t bytes = 0;
  for (int i = 0; i < given.headers_size() && !errors.full(); ++i) {
    const v1::Header& header = given.headers(i);
    const Path header_path = path.At(i);
    CheckHeaderName(header.name(), header_path.Member("name"), errors);
    if (!names.insert(absl::AsciiStrToLower(header.name())).second) {
      errors.Add(header_path.Member("name"), "is the name of another header of this destination");
    }
    headers.push_back({header.name(), ReadValue(header, header_path, errors), header.has_secret()});
    bytes += header.name().size() + headers.back().value.Reveal().size() + kLineBytes;
  }
  if (bytes > kMaxBytes) errors.Add(path, "must be at most 8 KiB in all");
  return headers;
}

}  // namespace carillon::resource
