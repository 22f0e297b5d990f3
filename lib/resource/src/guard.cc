#include "guard.h"

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/guard/network.h"
#include "carillon/guard/ports.h"
#include "carillon/net/url.h"

namespace carillon::resource {
namespace {

constexpr int kMaxEntries = 1000;

/// Parses each of `texts` and gives it to `use`.
template <typename Texts, typename Parse, typename Use>
void ReadEach(const Texts& texts, Parse parse, Use use, const Path& path, Errors& errors) {
  if (texts.size() > kMaxEntries) {
    return errors.Add(path, absl::StrCat("must be at most ", kMaxEntries));
  }
  for (int i = 0; i < texts.size(); ++i) {
    const auto parsed = parse(texts.Get(i));
    if (parsed.ok()) {
      use(*parsed);
    } else {
      errors.Add(path.At(i), base::ToStd(parsed.status().message()));
    }
  }
}

}  // namespace

guard::Rules ReadGuard(const v1::GuardSettings& given, const Path& path, Errors& errors) {
  guard::Rules rules;
  const auto allow = [&rules](const auto& parsed) { rules.Allow(parsed); };
  const Path networks = path.Member("allow_networks");
  const Path ports = path.Member("allow_ports");
  const Path nat64 = path.Member("nat64_prefixes");
  ReadEach(given.allow_networks(), guard::ParseNetwork, allow, networks, errors);
  ReadEach(given.allow_ports(), guard::ParsePorts, allow, ports, errors);
  ReadEach(
      given.nat64_prefixes(), guard::ParseNat64Prefix,
      [&rules](const guard::Network& prefix) { rules.AddNat64(prefix); }, nat64, errors);
  return rules;
}

void CheckUrl(const std::string& url, const guard::Rules& rules, const Path& path, Errors& errors) {
  const auto parsed = net::ParseUrl(url);
  if (!parsed.ok()) return errors.Add(path, base::ToStd(parsed.status().message()));
  const absl::Status host = rules.CheckHost(parsed->host);
  const absl::Status port = rules.CheckPort(parsed->port);
  if (host.ok() && port.ok()) return;
  // Told at once: the second mistake should not wait for the first to be mended.
  const char* both = host.ok() || port.ok() ? "" : " and ";
  errors.Add(path, absl::StrCat("leads to ", host.message(), both, port.message(), ": allow it by ",
                                host.ok() ? "" : "guard.allow_networks", both,
                                port.ok() ? "" : "guard.allow_ports"));
}

}  // namespace carillon::resource
