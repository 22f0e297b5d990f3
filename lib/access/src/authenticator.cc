#include "carillon/access/authenticator.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "certificate_callers.h"
#include "jwt_callers.h"

namespace carillon::access {
namespace {

Principal Anybody() {
  Principal principal;
  principal.kind = PrincipalKind::kAnonymous;
  principal.name = "anonymous";
  principal.role = v1::ROLE_PUBLISHER;
  principal.all_tenants = true;
  return principal;
}

absl::Status Expired() {
  return aip::MakeError(v1::CREDENTIALS_EXPIRED, "the token has expired: get a new one");
}

absl::Status Invalid() {
  return aip::MakeError(v1::CREDENTIALS_INVALID,
                        "the credential is none that is known: send \"authorization: Bearer "
                        "car_...\" with a token that is valid");
}

absl::Status Throttled(const std::string& address, std::chrono::nanoseconds wait) {
  absl::Status status = aip::QuotaExceeded(
      v1::LOGIN_THROTTLED,
      absl::StrCat("too many wrong credentials came from this address: try again in ",
                   base::FormatDuration(std::chrono::ceil<std::chrono::seconds>(wait))),
      address);
  aip::AddRetry(status, wait);
  return status;
}

}  // namespace

Authenticator::Authenticator(const base::Clock& clock, const LoginThrottle::Limits& limits)
    : clock_(clock),
      throttle_(limits),
      jwt_callers_(std::make_unique<JwtCallers>()),
      certificate_callers_(std::make_unique<CertificateCallers>()),
      anybody_(std::make_shared<const Caller>(Anybody())) {}

Authenticator::~Authenticator() = default;

Authenticator::Caller::Caller(Principal principal)
    : principal_(std::move(principal)),
      quota_(principal_.rate == PublishRate()
                 ? nullptr
                 : std::make_unique<PublishQuota>(principal_.rate, base::MonoTime())) {}

std::optional<base::WallTime> Authenticator::Caller::last_use() const {
  const int64_t seconds = last_use_.load(std::memory_order_relaxed);
  if (seconds == 0) return std::nullopt;
  return base::WallTime(std::chrono::seconds(seconds));
}

void Authenticator::SetTokens(std::vector<Grant> grants) { Renew(kFile, std::move(grants)); }

void Authenticator::SetTokensOfApi(std::vector<Grant> grants) { Renew(kApi, std::move(grants)); }

void Authenticator::SetTokensOfPortals(std::vector<Grant> grants) {
  Renew(kPortals, std::move(grants));
}

void Authenticator::SetCertificates(std::vector<CertificateGrant> grants) {
  const base::MutexLock lock(setting_);
  const auto gone = certificate_callers_->Set(std::move(grants));
  RenewAsks();
  for (const auto& caller : gone) caller->revoked_.store(true);
}

void Authenticator::SetIssuers(std::vector<JwtIssuer> issuers) {
  const base::MutexLock lock(setting_);
  const std::vector<JwtCallers::CallerPtr> gone = jwt_callers_->SetIssuers(std::move(issuers));
  RenewAsks();
  for (const JwtCallers::CallerPtr& caller : gone) caller->revoked_.store(true);
}

void Authenticator::SetKeys(const std::string& url, const JwkSet& keys) {
  const base::MutexLock lock(setting_);
  const std::vector<JwtCallers::CallerPtr> gone = jwt_callers_->SetKeys(url, keys);
  for (const JwtCallers::CallerPtr& caller : gone) caller->revoked_.store(true);
}

absl::Status Authenticator::JwtRefused(const std::vector<JwtIssuer>& issuers,
                                       std::string_view token, const std::string& from,
                                       absl::Status status) {
  if (aip::ReasonOf(status) == v1::CREDENTIALS_EXPIRED) return status;
  const std::string url = UrlOfUnknownKey(issuers, token);
  if (url.empty()) return LoginFailed(from, std::move(status));
  // Whoever signs by a new key is no wrong one, and nothing was verified.
  if (key_wanted_) key_wanted_(url);
  aip::AddRetry(status, std::chrono::seconds(1));
  return status;
}

void Authenticator::RenewAsks() {
  const bool asks =
      !table()->empty() || !jwt_callers_->issuers()->empty() || !certificate_callers_->empty();
  asks_.store(asks, std::memory_order_release);
}

bool Authenticator::IsOfFile(const TokenHash& hash, std::string_view principal) const {
  const base::MutexLock lock(setting_);
  return std::ranges::any_of(grants_[kFile], [&](const Grant& grant) {
    return grant.hash == hash || grant.principal.name == principal;
  });
}

std::optional<base::WallTime> Authenticator::LastUse(const TokenHash& hash) const {
  const std::shared_ptr<const Table> tokens = table();
  const auto found = tokens->find(hash);
  return found == tokens->end() ? std::nullopt : found->second->last_use();
}

void Authenticator::Renew(Source source, std::vector<Grant> grants) {
  const base::MutexLock lock(setting_);
  grants_[source] = std::move(grants);
  const std::shared_ptr<const Table> before = table();
  auto next = std::make_shared<Table>();
  for (const std::vector<Grant>& of_source : grants_) {
    for (const Grant& grant : of_source) {
      const auto known = before->find(grant.hash);
      const bool is_known = known != before->end();
      if (is_known && known->second->principal() == grant.principal) {
        next->emplace(grant.hash, known->second);
        continue;
      }
      const auto [at, is_new] =
          next->emplace(grant.hash, std::make_shared<Caller>(grant.principal));
      if (is_new && is_known) at->second->last_use_.store(known->second->last_use_.load());
    }
  }
  {
    const base::MutexLock table_lock(mutex_);
    table_ = next;
  }
  RenewAsks();
  for (const auto& [hash, caller] : *before) {
    const auto now = next->find(hash);
    if (now == next->end() || now->second != caller) caller->revoked_.store(true);
  }
}

absl::StatusOr<Authenticator::CallerPtr> Authenticator::Authenticate(
    std::string_view authorization, absl::FunctionRef<std::string()> address,
    absl::FunctionRef<base::PeerCertificatePtr()> certificate) {
  if (!asks()) return anybody_;
  if (authorization.empty()) return AuthenticateCertificate(certificate().get());
  const auto bearer = BearerOf(authorization);
  const auto hash = bearer ? HashToken(*bearer) : std::nullopt;
  if (!hash && bearer && LooksLikeJwt(*bearer)) return AuthenticateJwt(*bearer, address);
  if (!hash) return LoginFailed(address(), Invalid());
  const std::shared_ptr<const Table> tokens = table();
  const auto found = tokens->find(*hash);
  if (found == tokens->end() || !SameHash(found->first, *hash))
    return LoginFailed(address(), Invalid());
  const base::WallTime now = clock_.Wall();
  if (found->second->principal().expired(now)) return Expired();
  const int64_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  // Most calls of a second find it set: no cache line moves between processors.
  if (found->second->last_use_.load(std::memory_order_relaxed) != seconds) {
    found->second->last_use_.store(seconds, std::memory_order_relaxed);
  }
  return CallerPtr(found->second);
}

absl::Status Authenticator::Check(const Caller& caller) const {
  if (caller.revoked()) return Invalid();
  if (caller.principal().expired(clock_.Wall())) return Expired();
  // Who came while nobody was asked is asked when others are.
  if (&caller == anybody_.get() && asks()) return Invalid();
  return absl::OkStatus();
}

absl::StatusOr<Authenticator::CallerPtr> Authenticator::AuthenticateJwt(
    std::string_view token, absl::FunctionRef<std::string()> address) {
  const base::WallTime now = clock_.Wall();
  const TokenHash hash = HashText(token);
  if (const auto known = jwt_callers_->Find(hash, now)) return CallerPtr(known);
  const JwtCallers::IssuersPtr issuers = jwt_callers_->issuers();
  if (issuers->empty()) return LoginFailed(address(), Invalid());
  // Verifying costs more than whoever sends nonsense should get.
  const std::string from = address();
  if (absl::Status status = MayLogIn(from); !status.ok()) return status;
  absl::StatusOr<Principal> principal = VerifyJwt(*issuers, token, now);
  if (!principal.ok()) return JwtRefused(*issuers, token, from, principal.status());
  const auto caller = jwt_callers_->Add(hash, *std::move(principal), issuers, now);
  if (caller == nullptr) return Invalid();  // the issuers changed just now
  return CallerPtr(caller);
}

absl::StatusOr<Authenticator::CallerPtr> Authenticator::AuthenticateCertificate(
    const base::PeerCertificate* certificate) const {
  const auto caller = certificate == nullptr ? nullptr : certificate_callers_->Find(*certificate);
  if (caller == nullptr) {
    return aip::MakeError(
        v1::CREDENTIALS_MISSING,
        absl::StrCat("no credential: send a token as the metadata (or header) \"authorization: "
                     "Bearer car_...\"",
                     certificate == nullptr
                         ? ""
                         : "; the client certificate is none of access.certificates"));
  }
  if (certificate->end <= clock_.Wall()) {
    return aip::MakeError(v1::CREDENTIALS_EXPIRED,
                          "the client certificate has expired: connect with a new one");
  }
  return CallerPtr(caller);
}

absl::Status Authenticator::MayLogIn(const std::string& address) const {
  const auto wait = throttle_.Wait(ThrottleKey(address), clock_.Mono());
  return wait ? Throttled(address, *wait) : absl::OkStatus();
}

absl::Status Authenticator::LoginFailed(const std::string& address, absl::Status status) {
  const auto wait = throttle_.Failed(ThrottleKey(address), clock_.Mono());
  return wait ? Throttled(address, *wait) : status;
}

}  // namespace carillon::access
