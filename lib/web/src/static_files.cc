#include "carillon/web/static_files.h"

#include <openssl/sha.h>

#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "carillon/base/text.h"

namespace carillon::web {
namespace {

constexpr size_t kTagCharacters = 22;  // 132 bits of SHA-256

/// The quality that `Accept-Encoding` gives to a coding (RFC 9110, section 12.5.3): 0 where the
/// client does not want it, and for a coding that it does not name.
double QualityOf(std::string_view accepted, std::string_view coding) {
  double any = 0;
  for (absl::string_view item : absl::StrSplit(base::ToAbsl(accepted), ',')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(item, ';');
    double quality = 1;
    for (size_t i = 1; i < parts.size(); ++i) {
      absl::string_view parameter = absl::StripAsciiWhitespace(parts[i]);
      const bool is_quality =
          absl::ConsumePrefix(&parameter, "q=") || absl::ConsumePrefix(&parameter, "Q=");
      if (is_quality && !absl::SimpleAtod(parameter, &quality)) quality = 0;
    }
    const absl::string_view name = absl::StripAsciiWhitespace(parts[0]);
    if (absl::EqualsIgnoreCase(name, base::ToAbsl(coding))) return quality;
    if (name == "*") any = quality;
  }
  return any;
}

/// Whether `If-None-Match` names `etag`. The comparison is weak, as RFC 9110, section 13.1.2, has
/// it.
bool Names(std::string_view list, std::string_view etag) {
  for (absl::string_view item : absl::StrSplit(base::ToAbsl(list), ',')) {
    item = absl::StripAsciiWhitespace(item);
    if (item == "*") return true;
    absl::ConsumePrefix(&item, "W/");
    if (item == base::ToAbsl(etag)) return true;
  }
  return false;
}

}  // namespace

StaticFiles::Form StaticFiles::MakeForm(std::string bytes, std::string_view suffix) {
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), digest.data());
  std::string tag;
  absl::WebSafeBase64Escape(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()), &tag);
  return {std::make_shared<const std::string>(std::move(bytes)),
          absl::StrCat("\"", tag.substr(0, kTagCharacters), base::ToAbsl(suffix), "\"")};
}

void StaticFiles::Add(const std::string& path, StaticFile file) {
  Entry entry{
      std::move(file.content_type), MakeForm(std::move(file.bytes), ""), {}, {}, file.hashed_name};
  if (!file.gzip.empty()) entry.gzip = MakeForm(std::move(file.gzip), "-gz");
  if (!file.brotli.empty()) entry.brotli = MakeForm(std::move(file.brotli), "-br");
  files_.insert_or_assign(path, std::move(entry));
}

Response StaticFiles::Serve(const Request& request, std::string_view path) const {
  const auto found = files_.find(path);
  if (found == files_.end()) return {.status = 404, .body = "no such page\n"};
  const Entry& file = found->second;
  const std::string_view accepted = request.headers.Find("Accept-Encoding").value_or("");
  const double brotli = file.brotli.bytes ? QualityOf(accepted, "br") : 0;
  const double gzip = file.gzip.bytes ? QualityOf(accepted, "gzip") : 0;
  const bool takes_brotli = brotli > 0 && brotli >= gzip;
  const Form& form = takes_brotli ? file.brotli : gzip > 0 ? file.gzip : file.plain;

  Response response;
  response.content_type = file.content_type;
  response.headers.Set("ETag", form.etag);
  response.headers.Set("Vary", "Accept-Encoding");
  response.headers.Set("Cache-Control",
                       file.hashed_name ? "public, max-age=31536000, immutable" : "no-cache");
  if (Names(request.headers.Find("If-None-Match").value_or(""), form.etag)) {
    response.status = 304;
    return response;
  }
  if (&form != &file.plain) {
    response.headers.Set("Content-Encoding", takes_brotli ? "br" : "gzip");
  }
  response.shared_body = form.bytes;
  return response;
}

}  // namespace carillon::web
