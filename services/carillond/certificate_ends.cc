#include "certificate_ends.h"

#include <algorithm>
#include <variant>

#include "carillon/net/pem.h"

namespace carillon::server {
namespace {

using metrics::CertificateUse;

constexpr size_t kMostCertificates = 10;

PemEnds::End Sooner(PemEnds::End a, PemEnds::End b) {
  return a && b ? std::min(a, b) : (a ? a : b);
}

/// What of the settings can end.
model::TlsSettings Texts(const model::TlsSettings& tls) {
  model::TlsSettings texts;
  texts.ca_bundle = tls.ca_bundle;
  texts.client_certificate = tls.client_certificate;
  return texts;
}

}  // namespace

PemEnds::End PemEnds::Use(const base::SharedText& text) {
  if (text.empty()) return std::nullopt;
  auto known = known_.find(text.str());
  if (known == known_.end()) {
    known = known_.emplace(text.str(), Known{text, read_(text.str())}).first;
  }
  ++known->second.users;
  return known->second.end;
}

void PemEnds::Release(const base::SharedText& text) {
  const auto known = known_.find(text.str());
  if (known != known_.end() && --known->second.users == 0) known_.erase(known);
}

CertificateEnds::CertificateEnds()
    : clients_(&net::EndOfCertificates), bundles_(&net::EndOfTrust) {}

void CertificateEnds::Take(const resource::Difference& difference) {
  for (const auto& [tenant, name] : difference.removed) Forget({tenant, name});
  for (const auto* come : {&difference.added, &difference.changed}) {
    for (const auto& destination : *come) {
      const auto oauth2 = model::OAuth2Of(destination->authorization);
      Hold({destination->tenant, destination->name}, destination->tls,
           oauth2 != nullptr ? oauth2->tls : model::TlsSettings());
    }
  }
}

void CertificateEnds::TakeCollector(const model::TlsSettings& collector) {
  Hold({}, collector, {});
}

void CertificateEnds::Hold(const Name& name, const model::TlsSettings& receiver,
                           const model::TlsSettings& token_server) {
  Held held{.receiver = Texts(receiver), .token_server = Texts(token_server)};
  // First the new, then the old: a text that both have is not parsed again.
  held.client = Sooner(clients_.Use(held.receiver.client_certificate),
                       clients_.Use(held.token_server.client_certificate));
  held.trusted =
      Sooner(bundles_.Use(held.receiver.ca_bundle), bundles_.Use(held.token_server.ca_bundle));
  Forget(name);
  const bool collector = name == Name();
  if (held.client) {
    ends_.emplace(*held.client,
                  collector ? CertificateUse::kCollectorClient : CertificateUse::kClient, name);
  }
  if (held.trusted) {
    ends_.emplace(*held.trusted,
                  collector ? CertificateUse::kCollectorTrusted : CertificateUse::kTrusted, name);
  }
  if (held.receiver == model::TlsSettings() && held.token_server == model::TlsSettings()) return;
  held_.emplace(name, std::move(held));
}

void CertificateEnds::Forget(const Name& name) {
  const auto found = held_.find(name);
  if (found == held_.end()) return;
  const Held& held = found->second;
  for (const auto use : {CertificateUse::kClient, CertificateUse::kCollectorClient}) {
    if (held.client) ends_.erase({*held.client, use, name});
  }
  for (const auto use : {CertificateUse::kTrusted, CertificateUse::kCollectorTrusted}) {
    if (held.trusted) ends_.erase({*held.trusted, use, name});
  }
  for (const model::TlsSettings* tls : {&held.receiver, &held.token_server}) {
    clients_.Release(tls->client_certificate);
    bundles_.Release(tls->ca_bundle);
  }
  held_.erase(found);
}

std::vector<metrics::CertificateEnd> CertificateEnds::Soonest() const {
  std::vector<metrics::CertificateEnd> soonest;
  for (const auto& [not_after, use, name] : ends_) {
    if (soonest.size() == kMostCertificates) break;
    metrics::CertificateEnd& end = soonest.emplace_back();
    end.use = use;
    end.tenant = name.first;
    end.destination = name.second;
    end.not_after = not_after;
  }
  return soonest;
}

}  // namespace carillon::server
