#include "key_sets.h"

#include <set>
#include <string>
#include <utility>

namespace carillon::server {

void KeySets::Start(metrics::Metrics& metrics, http::ResolverOptions resolver) {
  metrics_ = &metrics;
  resolver_ = std::move(resolver);
  authenticator_.SetKeyWanted([this](const std::string& url) {
    if (issuers::KeyFetcher* const fetcher = asked_.load()) fetcher->Want(url);
  });
}

void KeySets::Set(const std::vector<access::JwtIssuer>& issuers) {
  std::set<std::string> urls;
  for (const access::JwtIssuer& issuer : issuers) {
    if (!issuer.keys_url.empty()) urls.insert(issuer.keys_url);
  }
  if (fetcher_ == nullptr && !urls.empty()) {
    fetcher_ = MakeFetcher();
    asked_.store(fetcher_.get());
  }
  if (fetcher_ != nullptr) fetcher_->SetUrls(std::move(urls));
}

std::unique_ptr<issuers::KeyFetcher> KeySets::MakeFetcher() {
  auto fetcher = issuers::KeyFetcher::Create(
      {.clock = &clock_,
       .connections = &connections_,
       .resolver = resolver_,
       .user_agent = "Carillon/" CARILLON_VERSION,
       .on_keys = [this](const std::string& url,
                         const access::JwkSet& keys) { authenticator_.SetKeys(url, keys); },
       .on_fetch =
           [this](const std::string& url, const std::string& error) {
             metrics_->CountKeySetFetch(error.empty());
             if (error.empty()) return;
             logger_.Limited("key set of " + url)
                 .Warn("an issuer's keys were not fetched: those before stay in force",
                       {{"url", url}, {"error", error}});
           }});
  if (fetcher.ok()) return *std::move(fetcher);
  logger_.Warn("keys of issuers cannot be fetched",
               {{"error", std::string(fetcher.status().message())}});
  return nullptr;
}

void KeySets::Stop() {
  if (fetcher_ != nullptr) fetcher_->Stop();
}

}  // namespace carillon::server
