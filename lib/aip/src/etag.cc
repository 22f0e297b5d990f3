#include "carillon/aip/etag.h"

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/sealing/aead.h"
#include "carillon/sealing/base64url.h"

namespace carillon::aip {

std::string MakeEtag(const base::Secret& key, std::string_view uid, uint64_t revision) {
  constexpr size_t kBytes = 12;
  const std::string mac =
      sealing::Mac(key, absl::StrCat("etag ", revision, " ", base::ToAbsl(uid)));
  return absl::StrCat("\"", sealing::ToBase64Url(mac.substr(0, kBytes)), "\"");
}

}  // namespace carillon::aip
