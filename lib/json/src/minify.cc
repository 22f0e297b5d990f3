#include "carillon/json/minify.h"

#include "carillon/base/text.h"

namespace carillon::json {
namespace {

/// Copies what stands between white space.
struct Copier {
  void Space(size_t begin, size_t end) {
    out.append(json, copied, begin - copied);
    copied = end;
  }
  void Name(size_t, size_t, size_t, bool) {}
  void Begin(size_t, size_t) {}
  void End(size_t, size_t, bool) {}

  std::string_view json;
  std::string& out;
  size_t copied = 0;  ///< everything before is in `out`, or was white space
};

}  // namespace

std::optional<Error> MinifyJson(std::string_view json, std::string& out) {
  if (const auto at = base::FindInvalidUtf8(json)) return Error{*at, "not valid UTF-8"};
  Copier copier{json, out};
  if (const auto error = Scanner(json, copier).Run()) return error;
  out.append(json, copier.copied);
  return std::nullopt;
}

}  // namespace carillon::json
