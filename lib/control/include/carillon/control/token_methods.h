#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/access/authenticator.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "carillon/control/repository.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/standard_methods.h"
#include "carillon/v1/access_service.pb.h"

namespace carillon::control {

/// What tokens work with. All outlive them.
struct TokenOptions {
  Repository& repository;
  const ResourceType& of_tenants;  ///< MakeTenantTokenType
  const ResourceType& of_none;     ///< MakeTokenType
  access::Authenticator& authenticator;
  const base::Clock& clock;
};

/// Bearer tokens that the API makes, beside those of the configuration file. What is stored is the
/// SHA-256 of one; the token is in the answer that makes it. When a change is answered, calls are
/// decided by it.
///
/// Nobody makes a token that may do more than the own one: not another role, tenant or end. Tokens
/// of no tenant are changed by operators only. Errors are those of carillon/aip/error.h.
/// Thread-safe.
class TokenMethods {
 public:
  using Done = Methods::Done;
  static constexpr size_t kMaxTokens = 10'000;       ///< of the API, in all
  static constexpr std::chrono::days kLifetime{90};  ///< where nothing else is said

  /// Puts those that are stored in force.
  explicit TokenMethods(const TokenOptions& options);

  absl::StatusOr<v1::Token> Get(const std::string& name) const;
  absl::StatusOr<Page> List(const ListRequest& request, const Caller& caller) const;
  /// QUOTA_EXCEEDED: there are kMaxTokens. MASTER_KEY_MISSING: a request_id is given, and the
  /// answer with the token could not be remembered.
  void Create(const v1::CreateTokenRequest& request, const Caller& caller, Done done);
  void Update(const v1::UpdateTokenRequest& request, const Caller& caller, Done done);
  void Delete(const v1::DeleteTokenRequest& request, const Caller& caller, Done done);
  /// Puts those that are stored in force, after others have changed them.
  void RenewAll();

 private:
  /// Those of a tenant, or of none.
  Methods& Of(const std::string& name) {
    return name.starts_with("tenants/") ? in_tenants_ : rest_;
  }
  const Methods& Of(const std::string& name) const {
    return name.starts_with("tenants/") ? in_tenants_ : rest_;
  }
  absl::Status CheckCreation(const v1::CreateTokenRequest& request, const Caller& caller) const;
  /// Whether neither the file nor another of the API's has its name or hash.
  absl::Status CheckIsNew(const v1::CreateTokenRequest& request) const;
  /// `done`, after the token of that name is in force as it is stored.
  Done AfterRenewal(std::string name, Done done);
  /// Tells the authenticator what is stored under the name.
  void Renew(const std::string& name);
  void ShowUse(v1::Token& token) const;

  const TokenOptions options_;
  Methods in_tenants_;
  Methods rest_;

  mutable base::Mutex mutex_;
  std::map<std::string, access::Authenticator::Grant> grants_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::control
