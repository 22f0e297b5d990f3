#include "unverified.h"

#include <variant>

namespace carillon::server {
namespace {

constexpr uint64_t kMaxLines = 100;

/// Returns what is not verified, in words, or an empty text.
std::string_view Unverified(const model::Destination& destination) {
  const auto* oauth2 = std::get_if<model::OAuth2Authorization>(&destination.authorization);
  const bool token_server = oauth2 != nullptr && !oauth2->tls.verify;
  if (!destination.tls.verify) return token_server ? "receiver and token server" : "receiver";
  return token_server ? "token server" : "";
}

}  // namespace

uint64_t WarnOfUnverified(const resource::Snapshot& snapshot, log::Logger& logger) {
  uint64_t count = 0;
  snapshot.ForEachDestination([&](const model::Destination& destination) {
    const std::string_view whom = Unverified(destination);
    if (whom.empty() || ++count > kMaxLines) return;
    logger.Warn(
        "TLS VERIFICATION IS OFF: whoever answers is believed and can read what is sent",
        {{"tenant", destination.tenant}, {"destination", destination.name}, {"unverified", whom}});
  });
  if (count > kMaxLines) {
    logger.Warn("TLS VERIFICATION IS OFF for more destinations", {{"more", count - kMaxLines}});
  }
  return count;
}

void WarnOfUnverifiedCollector(const model::TlsSettings& collector, log::Logger& logger) {
  if (collector.verify) return;
  logger.Warn("TLS VERIFICATION IS OFF: whoever answers is believed and can read what is sent",
              {{"unverified", "collector of traces"}});
}

}  // namespace carillon::server
