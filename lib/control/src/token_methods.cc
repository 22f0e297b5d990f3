#include "carillon/control/token_methods.h"

#include <google/protobuf/empty.pb.h>

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/resource/read_access.h"
#include "token_type.h"

namespace carillon::control {
namespace {

template <typename Request>
ChangeRequest ToTokenChange(const char* method, const Request& request) {
  return {absl::StrCat("carillon.v1.TokenService/", method), request, request.request_id(),
          request.validate_only()};
}

absl::Status OperatorsOnly() {
  return aip::MakeError(v1::ROLE_FORBIDDEN,
                        "tokens that are of no tenant are made, changed and revoked by operators "
                        "only");
}

/// When the credential of whoever calls ends; nullopt: it does not.
std::optional<base::WallTime> EndOf(const Caller& caller) {
  return caller.credential == nullptr ? std::nullopt : caller.credential->expire_time;
}

/// What of a token's end is more than its maker's, if anything.
absl::Status CheckEnd(const v1::Token& token, const Caller& caller, base::WallTime now) {
  if (!token.has_expire_time()) return absl::OkStatus();
  const int64_t end = token.expire_time().seconds();
  const auto of = [](base::WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  };
  if (end <= of(now)) {
    return aip::BadField("token.expire_time", "OUT_OF_RANGE", "must be in the future");
  }
  const auto own = EndOf(caller);
  if (!own || end <= of(*own)) return absl::OkStatus();
  return aip::MakeError(v1::ROLE_FORBIDDEN,
                        "a token must not outlive the one that makes or changes it: choose an "
                        "earlier expire_time",
                        {{"field", "token.expire_time"}});
}

/// Where none is given, the end of whoever makes it, if that comes before the usual one.
void CutEnd(const Caller& caller, base::WallTime now, v1::Token& token) {
  const auto own = EndOf(caller);
  if (token.has_expire_time() || !own || *own >= now + TokenMethods::kLifetime) return;
  const auto end = std::chrono::floor<std::chrono::seconds>(*own);
  token.mutable_expire_time()->set_seconds(end.time_since_epoch().count());
}

absl::StatusOr<access::Authenticator::Grant> GrantOf(const v1::Token& token) {
  resource::NoReferences none;
  resource::Errors errors(none);
  access::Authenticator::Grant grant = ToGrant(token, resource::Path(), errors);
  if (!errors.empty()) return absl::DataLossError(errors.ToString());
  return grant;
}

}  // namespace

TokenMethods::TokenMethods(const TokenOptions& options)
    : options_(options),
      in_tenants_(options.repository, options.of_tenants, options.clock),
      rest_(options.repository, options.of_none, options.clock) {
  RenewAll();
}

void TokenMethods::RenewAll() {
  const base::MutexLock lock(mutex_);
  std::vector<access::Authenticator::Grant> all;
  grants_.clear();
  for (const char* prefix : {"tokens/", "tenants/"}) {
    for (const Entry& entry : options_.repository.ListOf(v1::Token::default_instance(), prefix)) {
      auto grant = GrantOf(static_cast<const v1::Token&>(*entry.message));
      if (!grant.ok()) continue;  // it was checked when it was read
      all.push_back(*grant);
      grants_[entry.name] = *std::move(grant);
    }
  }
  options_.authenticator.SetTokensOfApi(std::move(all));
}

absl::StatusOr<v1::Token> TokenMethods::Get(const std::string& name) const {
  const absl::StatusOr<Answer> answer = Of(name).Get(name);
  if (!answer.ok()) return answer.status();
  v1::Token token = static_cast<const v1::Token&>(**answer);
  ShowUse(token);
  return token;
}

absl::StatusOr<Page> TokenMethods::List(const ListRequest& request, const Caller& caller) const {
  absl::StatusOr<Page> page = Of(request.parent).List(request, caller);
  if (!page.ok()) return page;
  for (const Answer& token : page->resources) ShowUse(static_cast<v1::Token&>(*token));
  return page;
}

absl::Status TokenMethods::CheckCreation(const v1::CreateTokenRequest& request,
                                         const Caller& caller) const {
  if (request.parent().empty() && !caller.is_operator) return OperatorsOnly();
  absl::Status status = CheckEnd(request.token(), caller, options_.clock.Wall());
  if (status.ok()) status = CheckIsNew(request);
  if (!status.ok()) return status;
  const bool is_made_here = request.token().sha256().empty();
  if (is_made_here && !request.request_id().empty() && !options_.repository.takes_secrets()) {
    return aip::FailedPrecondition(
        v1::MASTER_KEY_MISSING,
        "there is no master key under which the answer could be kept for a repetition: set "
        "secrets.master_key in the configuration file, leave request_id out, or give sha256",
        {{"MASTER_KEY_MISSING", "secrets.master_key", "set secrets.master_key"}});
  }
  const base::MutexLock lock(mutex_);
  if (grants_.size() < kMaxTokens) return absl::OkStatus();
  return aip::QuotaExceeded(
      v1::QUOTA_EXCEEDED, absl::StrCat("there are ", kMaxTokens, " tokens: delete some"), "tokens");
}

absl::Status TokenMethods::CheckIsNew(const v1::CreateTokenRequest& request) const {
  const std::string name = absl::StrCat(request.parent(), request.parent().empty() ? "" : "/",
                                        "tokens/", request.token_id());
  const auto hash = resource::ReadTokenHash(request.token().sha256());
  if (options_.authenticator.IsOfFile(hash.value_or(access::TokenHash{}),
                                      absl::StrCat("token:", name))) {
    return aip::MakeError(
        v1::NAME_IN_FILE,
        absl::StrCat("the configuration file has a token of this name or with this sha256: ", name),
        {{"resource", name}});
  }
  const base::MutexLock lock(mutex_);
  for (const auto& [other, grant] : grants_) {
    if (!hash || grant.hash != *hash || other == name) continue;
    return aip::BadField("token.sha256", "DUPLICATE", "is that of another token");
  }
  return absl::OkStatus();
}

void TokenMethods::Create(const v1::CreateTokenRequest& request, const Caller& caller, Done done) {
  absl::Status status = CheckCreation(request, caller);
  if (!status.ok()) return done(std::move(status));
  v1::Token given = request.token();
  CutEnd(caller, options_.clock.Wall(), given);
  // The name is known when it is answered.
  auto renewed = [this, done = std::move(done)](absl::StatusOr<Answer> answer) mutable {
    if (answer.ok()) Renew(static_cast<const v1::Token&>(**answer).name());
    done(std::move(answer));
  };
  Of(request.parent())
      .Create(ToTokenChange("CreateToken", request), caller, request.parent(), request.token_id(),
              given, std::move(renewed));
}

void TokenMethods::Update(const v1::UpdateTokenRequest& request, const Caller& caller, Done done) {
  const v1::Token& given = request.token();
  absl::Status status = CheckEnd(given, caller, options_.clock.Wall());
  if (status.ok() && !given.name().starts_with("tenants/") && !caller.is_operator) {
    status = OperatorsOnly();
  }
  if (!status.ok()) return done(std::move(status));
  Of(given.name())
      .Update(ToTokenChange("UpdateToken", request), caller, given, request.update_mask(), false,
              AfterRenewal(given.name(), std::move(done)));
}

void TokenMethods::Delete(const v1::DeleteTokenRequest& request, const Caller& caller, Done done) {
  if (!request.name().starts_with("tenants/") && !caller.is_operator) return done(OperatorsOnly());
  Of(request.name())
      .Delete(
          ToTokenChange("DeleteToken", request), caller,
          {.name = request.name(),
           .etag = request.etag(),
           .allow_missing = request.allow_missing()},
          [](const std::vector<Edit>&) { return std::make_unique<google::protobuf::Empty>(); },
          AfterRenewal(request.name(), std::move(done)));
}

TokenMethods::Done TokenMethods::AfterRenewal(std::string name, Done done) {
  return [this, name = std::move(name),
          done = std::move(done)](absl::StatusOr<Answer> answer) mutable {
    if (answer.ok()) Renew(name);
    done(std::move(answer));
  };
}

void TokenMethods::Renew(const std::string& name) {
  const base::MutexLock lock(mutex_);
  const Entry entry = options_.repository.Find(name);
  const auto* token = dynamic_cast<const v1::Token*>(entry.message.get());
  const auto grant = token != nullptr ? GrantOf(*token) : absl::NotFoundError(name);
  if (grant.ok()) {
    grants_[name] = *grant;
  } else {
    grants_.erase(name);
  }
  std::vector<access::Authenticator::Grant> all;
  all.reserve(grants_.size());
  for (const auto& [_, known] : grants_) all.push_back(known);
  options_.authenticator.SetTokensOfApi(std::move(all));
}

void TokenMethods::ShowUse(v1::Token& token) const {
  const auto grant = GrantOf(token);
  if (!grant.ok()) return;
  const auto used = options_.authenticator.LastUse(grant->hash);
  if (!used) return;
  token.mutable_last_use_time()->set_seconds(
      std::chrono::floor<std::chrono::seconds>(*used).time_since_epoch().count());
}

}  // namespace carillon::control
