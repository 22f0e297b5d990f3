#include "certificate_ends.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "carillon/net/pem.h"

namespace carillon::server {
namespace {

using End = std::optional<int64_t>;
using metrics::CertificateUse;

constexpr size_t kMostCertificates = 10;

/// Reads each text once: many destinations may share one.
class Reader {
 public:
  explicit Reader(End (*read)(const std::string&)) : read_(read) {}

  End EndOf(const std::string& pem) {
    if (pem.empty()) return std::nullopt;
    const auto [found, is_new] = known_.try_emplace(pem);
    if (is_new) found->second = read_(pem);
    return found->second;
  }

 private:
  End (*const read_)(const std::string&);
  std::map<std::string_view, End> known_;
};

End Sooner(End a, End b) { return a && b ? std::min(a, b) : (a ? a : b); }

class Ends {
 public:
  void Add(const model::Destination& destination) {
    End client = clients_.EndOf(destination.tls.client_certificate);
    End trusted = bundles_.EndOf(destination.tls.ca_bundle);
    const auto* oauth2 = std::get_if<model::OAuth2Authorization>(&destination.authorization);
    if (oauth2 != nullptr) {
      client = Sooner(client, clients_.EndOf(oauth2->tls.client_certificate));
      trusted = Sooner(trusted, bundles_.EndOf(oauth2->tls.ca_bundle));
    }
    const metrics::CertificateEnd of{.tenant = destination.tenant, .destination = destination.name};
    Add(CertificateUse::kClient, client, of);
    Add(CertificateUse::kTrusted, trusted, of);
  }

  void AddCollector(const model::TlsSettings& tls) {
    Add(CertificateUse::kCollectorClient, clients_.EndOf(tls.client_certificate), {});
    Add(CertificateUse::kCollectorTrusted, bundles_.EndOf(tls.ca_bundle), {});
  }

  std::vector<metrics::CertificateEnd> Soonest() {
    const size_t most = std::min(ends_.size(), kMostCertificates);
    std::partial_sort(ends_.begin(), ends_.begin() + static_cast<ptrdiff_t>(most), ends_.end(),
                      [](const auto& a, const auto& b) { return a.not_after < b.not_after; });
    ends_.resize(most);
    return std::move(ends_);
  }

 private:
  void Add(CertificateUse use, End end, metrics::CertificateEnd of) {
    if (!end) return;
    of.use = use;
    of.not_after = *end;
    ends_.push_back(std::move(of));
  }

  Reader clients_{&net::EndOfCertificates};
  Reader bundles_{&net::EndOfTrust};
  std::vector<metrics::CertificateEnd> ends_;
};

}  // namespace

std::vector<metrics::CertificateEnd> SoonestCertificateEnds(const resource::Snapshot& snapshot,
                                                            const model::TlsSettings& collector) {
  Ends ends;
  snapshot.ForEachDestination([&](const model::Destination& to) { ends.Add(to); });
  ends.AddCollector(collector);
  return ends.Soonest();
}

}  // namespace carillon::server
