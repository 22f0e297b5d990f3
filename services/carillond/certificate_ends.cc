#include "certificate_ends.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <variant>

#include "carillon/http/tls.h"

namespace carillon::server {
namespace {

constexpr size_t kMostCertificates = 10;

}  // namespace

std::vector<metrics::CertificateEnd> SoonestCertificateEnds(
    std::span<const model::Destination> destinations) {
  std::map<std::string_view, std::optional<int64_t>> known;  // many may share one
  std::vector<metrics::CertificateEnd> ends;
  for (const model::Destination& destination : destinations) {
    std::optional<int64_t> soonest;
    const auto look = [&](const model::TlsSettings& tls) {
      if (tls.client_certificate.empty()) return;
      const auto [found, is_new] = known.try_emplace(tls.client_certificate);
      if (is_new) found->second = http::EndOfCertificates(tls.client_certificate);
      if (const auto end = found->second) soonest = std::min(soonest.value_or(*end), *end);
    };
    look(destination.tls);
    const auto* oauth2 = std::get_if<model::OAuth2Authorization>(&destination.authorization);
    if (oauth2 != nullptr) look(oauth2->tls);
    if (soonest) ends.push_back({destination.tenant, destination.name, *soonest});
  }
  const size_t most = std::min(ends.size(), kMostCertificates);
  std::partial_sort(ends.begin(), ends.begin() + static_cast<ptrdiff_t>(most), ends.end(),
                    [](const auto& a, const auto& b) { return a.not_after < b.not_after; });
  ends.resize(most);
  return ends;
}

}  // namespace carillon::server
