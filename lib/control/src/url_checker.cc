#include "carillon/control/url_checker.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/aip/resource_name.h"
#include "carillon/base/text.h"
#include "carillon/guard/address.h"

namespace carillon::control {
namespace {

/// Keeps the first thing that stands in the way.
void Forbid(const std::string& why, v1::CheckUrlResponse& response) {
  response.set_allowed(false);
  if (response.message().empty()) response.set_message(why);
}

void AddAddress(const std::string& text, const guard::Rules& rules,
                v1::CheckUrlResponse& response) {
  const auto address = guard::ParseAddress(text);
  absl::Status status = absl::InternalError("cannot be read");
  if (address) status = rules.CheckAddress(*address);
  const auto why = base::ToStd(status.message());
  if (!status.ok()) {
    Forbid(absl::StrCat("leads to ", status.message(), ": an operator may allow it by ",
                        "guard.allow_networks"),
           response);
  }
  if (static_cast<size_t>(response.addresses_size()) == UrlChecker::kMaxAddresses) return;
  v1::CheckedAddress& checked = *response.add_addresses();
  checked.set_address(text);
  checked.set_allowed(status.ok());
  if (!status.ok()) checked.set_message(std::string(why));
}

}  // namespace

std::string ToText(const net::Url& url) {
  return absl::StrCat(url.tls ? "https://" : "http://", url.HostHeader(), url.target);
}

v1::CheckUrlResponse JudgeUrl(const net::Url& url, const guard::Rules& rules,
                              const absl::StatusOr<std::vector<std::string>>& look_up) {
  v1::CheckUrlResponse response;
  response.set_url(ToText(url));
  response.set_allowed(true);
  if (const absl::Status port = rules.CheckPort(url.port); !port.ok()) {
    Forbid(absl::StrCat("leads to ", port.message(), ": an operator may allow it by ",
                        "guard.allow_ports"),
           response);
  }
  if (!look_up.ok()) {
    Forbid(absl::StrCat("cannot resolve ", url.host, ": ", look_up.status().message()), response);
    return response;
  }
  // One that is refused is enough: which of them is taken, a connection tells.
  for (const std::string& address : *look_up) AddAddress(address, rules, response);
  return response;
}

bool UrlChecker::MayAsk(const std::string& principal) {
  const int64_t second =
      std::chrono::floor<std::chrono::seconds>(clock_.Mono().time_since_epoch()).count();
  const base::MutexLock lock(mutex_);
  if (asked_.size() >= kMaxPrincipals && !asked_.contains(principal)) {
    absl::erase_if(asked_, [&](const auto& each) { return each.second.second != second; });
    if (asked_.size() >= kMaxPrincipals) return false;
  }
  Window& window = asked_[principal];
  if (window.second != second) window = {.second = second, .count = 0};
  return ++window.count <= kPerSecond;
}

void UrlChecker::Check(const v1::CheckUrlRequest& request, const Caller& caller, Done done) {
  static const aip::NamePattern kParent("tenants/{tenant}");
  const auto ids = kParent.Match(request.parent());
  if (!ids) return done(aip::BadField("parent", "PATTERN", "must be " + kParent.ToString()));
  const auto url = net::ParseUrl(request.url());
  if (!url.ok()) {
    return done(aip::BadField("url", "INVALID", base::ToStd(url.status().message())));
  }
  if (!MayAsk(caller.principal)) {
    absl::Status refusal = aip::QuotaExceeded(
        v1::RATE_LIMITED, absl::StrCat("more than ", kPerSecond, " URLs are checked a second"),
        caller.principal);
    aip::AddRetry(refusal, std::chrono::seconds(1));
    return done(std::move(refusal));
  }
  const resource::SnapshotPtr file = view_.file();
  const guard::Rules rules = file->settings ? file->settings->egress.rules : guard::Rules();
  sender_.LookUp(url->host, ids->front(),
                 [url = *url, rules, done = std::move(done)](
                     const absl::StatusOr<std::vector<std::string>>& found) mutable {
                   // Of the service, not of the host.
                   if (aip::ReasonOf(found.status()) != v1::ERROR_REASON_UNSPECIFIED) {
                     return done(found.status());
                   }
                   done(std::make_unique<v1::CheckUrlResponse>(JudgeUrl(url, rules, found)));
                 });
}

}  // namespace carillon::control
