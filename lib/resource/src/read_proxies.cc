#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/net/url.h"
#include "carillon/resource/read_access.h"

namespace carillon::resource {
namespace {

constexpr int kMaxProxies = 100;

}  // namespace

std::vector<guard::Network> ReadTrustedProxies(const v1::AccessSettings& given, const Path& path,
                                               Errors& errors) {
  std::vector<guard::Network> proxies;
  const Path all = path.Member("trusted_proxies");
  if (given.trusted_proxies_size() > kMaxProxies) {
    errors.Add(all, absl::StrCat("must be at most ", kMaxProxies));
    return proxies;
  }
  for (int i = 0; i < given.trusted_proxies_size(); ++i) {
    const auto network = guard::ParseNetwork(given.trusted_proxies(i));
    if (network.ok()) {
      proxies.push_back(*network);
    } else {
      errors.Add(all.At(i), base::ToStd(network.status().message()));
    }
  }
  return proxies;
}

void CheckPublicUrl(const v1::AccessSettings& given, const Path& path, Errors& errors) {
  const std::string& url = given.public_url();
  if (url.empty()) return;
  const Path at = path.Member("public_url");
  const auto parsed = net::ParseUrl(url);
  if (!parsed.ok()) return errors.Add(at, base::ToStd(parsed.status().message()));
  if (url.find_first_of("?#") != std::string::npos) {
    errors.Add(at, "must have no query and no fragment: the path of the console follows it");
  }
}

}  // namespace carillon::resource
