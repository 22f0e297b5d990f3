#include "gzip.h"

#include <zlib.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "carillon/base/text.h"

namespace carillon::connect {
namespace {

constexpr int kGzipWindow = 15 + 16;  // the largest window, and gzip's head and tail
constexpr int kMemoryLevel = 8;
constexpr int kLevel = 4;
constexpr size_t kPiece = 64u << 10;

Bytef* In(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib only reads it
}

}  // namespace

absl::StatusOr<std::string> Gunzip(std::string_view bytes, size_t max_bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) return absl::InternalError("zlib does not start");
  stream.next_in = In(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  int result = Z_OK;
  while (result == Z_OK && out.size() <= max_bytes) {
    const size_t before = out.size();
    out.resize(before + std::min(kPiece, max_bytes + 1 - before));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = static_cast<uInt>(out.size() - before);
    result = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  const bool rest = stream.avail_in > 0;
  inflateEnd(&stream);
  if (out.size() > max_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the request is over ", max_bytes, " bytes once it is expanded"));
  }
  if (result != Z_STREAM_END)
    return absl::InvalidArgumentError("the request is not gzip, or cut off");
  if (rest) return absl::InvalidArgumentError("something follows the gzip");
  return out;
}

std::string Gzip(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return "";
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = In(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(done ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

bool TakesGzip(std::string_view accept_encoding) {
  for (absl::string_view each : absl::StrSplit(base::ToAbsl(accept_encoding), ',')) {
    each = absl::StripAsciiWhitespace(each);
    const absl::string_view name = absl::StripAsciiWhitespace(each.substr(0, each.find(';')));
    if (!absl::EqualsIgnoreCase(name, "gzip")) continue;
    absl::string_view weight = each.substr(std::min(each.size(), name.size()));
    weight = absl::StripAsciiWhitespace(absl::StripPrefix(absl::StripAsciiWhitespace(weight), ";"));
    // `q=0`, `q=0.0` and so on: none.
    return !absl::StartsWithIgnoreCase(weight, "q=0") ||
           weight.find_first_of("123456789") != absl::string_view::npos;
  }
  return false;
}

}  // namespace carillon::connect
