#include "carillon/delivery/response_facts.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/deliverylog/record.h"
#include "carillon/policy/retry_after.h"

namespace carillon::delivery {
namespace {

using model::AttemptFacts;

/// `https://host:8443` of a URL.
std::string OriginOf(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == url.npos) return "";
  std::string_view authority = url.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  const size_t user = authority.rfind('@');
  if (user != authority.npos) authority.remove_prefix(user + 1);
  return absl::StrCat(base::ToAbsl(url.substr(0, scheme)), "://", base::ToAbsl(authority));
}

std::string Absolute(std::string_view location, std::string_view url) {
  if (location.starts_with("//")) {
    return absl::StrCat(base::ToAbsl(url.substr(0, url.find(':') + 1)), base::ToAbsl(location));
  }
  if (location.starts_with('/')) return absl::StrCat(OriginOf(url), base::ToAbsl(location));
  return std::string(location);
}

/// Empty: it says none, or a longer one than is kept.
std::string RedirectUrl(const http::Response& response, std::string_view url) {
  // The last line of what was kept may have been cut.
  const std::string_view lines =
      std::string_view(response.head).substr(0, response.head.rfind('\n') + 1);
  for (const auto& [name, value] : deliverylog::FieldsOf(lines)) {
    if (!absl::EqualsIgnoreCase(name, "location")) continue;
    const std::string absolute = Absolute(value, url);
    if (absolute.size() > AttemptFacts::kMaxUrlBytes) return "";
    std::string shown = base::Printable(absolute, AttemptFacts::kMaxUrlBytes);
    return shown == absolute ? shown : "";
  }
  return "";
}

}  // namespace

AttemptFacts FactsOf(const http::Response& response, std::string_view url, base::WallTime now) {
  AttemptFacts facts;
  if (response.facts != nullptr) facts = *response.facts;
  if (!response.retry_after.empty()) {
    facts.retry_after = policy::ParseRetryAfter(response.retry_after, now);
  }
  if (response.status / 100 == 3) facts.redirect_url = RedirectUrl(response, url);
  return facts;
}

}  // namespace carillon::delivery
