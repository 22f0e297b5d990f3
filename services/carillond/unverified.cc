#include "unverified.h"

#include <string_view>

namespace carillon::server {
namespace {

constexpr size_t kMaxLines = 100;

/// Returns what is not verified, in words, or an empty text.
std::string_view WhatIsNot(const model::Destination& destination) {
  const auto oauth2 = model::OAuth2Of(destination.authorization);
  const bool token_server = oauth2 != nullptr && !oauth2->tls.verify;
  if (!destination.tls.verify) return token_server ? "receiver and token server" : "receiver";
  return token_server ? "token server" : "";
}

}  // namespace

void Unverified::Take(const resource::Difference& difference) {
  for (const auto& [tenant, name] : difference.removed) destinations_.erase({tenant, name});
  size_t lines = 0;
  for (const auto* come : {&difference.added, &difference.changed}) {
    for (const auto& destination : *come) {
      const std::string_view what = WhatIsNot(*destination);
      if (what.empty()) {
        destinations_.erase({destination->tenant, destination->name});
        continue;
      }
      destinations_.emplace(destination->tenant, destination->name);
      if (++lines > kMaxLines) continue;
      logger_.Warn("TLS VERIFICATION IS OFF: whoever answers is believed and can read what is sent",
                   {{"tenant", destination->tenant},
                    {"destination", destination->name},
                    {"unverified", what}});
    }
  }
  if (lines > kMaxLines) {
    logger_.Warn("TLS VERIFICATION IS OFF for more destinations", {{"more", lines - kMaxLines}});
  }
}

void Unverified::TakeCollector(const model::TlsSettings& collector) {
  if (collector.verify) return;
  logger_.Warn("TLS VERIFICATION IS OFF: whoever answers is believed and can read what is sent",
               {{"unverified", "collector of traces"}});
}

}  // namespace carillon::server
