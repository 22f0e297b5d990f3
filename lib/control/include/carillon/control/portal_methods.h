#pragma once

#include <chrono>
#include <cstddef>
#include <future>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/access/authenticator.h"
#include "carillon/access/token_secret.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "carillon/control/audit_log.h"
#include "carillon/control/repository.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/standard_methods.h"
#include "carillon/v1/portal_service.pb.h"

namespace carillon::control {

/// What portal sessions work with. All outlive them.
struct PortalOptions {
  Repository& repository;
  const ResourceType& sessions;  ///< MakePortalSessionType
  access::Authenticator& authenticator;
  AuditLog* audit;  ///< where wrong links are written down; null: nowhere
  const base::Clock& clock;
};

/// Sessions of tenants' users: a link that is opened once gives a token that works until the
/// session ends. Stored is the SHA-256 of what the link ends in, then that of the token. When a
/// change is answered, calls are decided by it. Errors are those of carillon/aip/error.h.
/// Thread-safe.
class PortalMethods {
 public:
  using Done = Methods::Done;
  static constexpr size_t kMaxSessions = 10'000;        ///< in all
  static constexpr size_t kMaxOfTenant = 1'000;         ///< of one tenant
  static constexpr std::chrono::minutes kLinkLife{10};  ///< it can be opened so long

  /// Puts those that are stored in force.
  explicit PortalMethods(const PortalOptions& options);
  /// Waits until a removal of ended sessions that is under way has been answered.
  ~PortalMethods();

  absl::StatusOr<Answer> Get(const std::string& name) const { return methods_.Get(name); }
  absl::StatusOr<Page> List(const ListRequest& request, const Caller& caller) const {
    return methods_.List(request, caller);
  }
  /// ROLE_FORBIDDEN: the caller's own credential ends at once. QUOTA_EXCEEDED: there are too many.
  /// MASTER_KEY_MISSING: a request_id is given, and the answer with the link could not be
  /// remembered.
  void Create(const v1::CreatePortalSessionRequest& request, const Caller& caller, Done done);
  void Delete(const v1::DeletePortalSessionRequest& request, const Caller& caller, Done done);
  /// Answers an OpenPortalSessionResponse. CREDENTIALS_INVALID: there is no such link, it was
  /// opened, or its time is over; which of them is not told. LOGIN_THROTTLED: too many wrong ones
  /// came from where the caller's trail says that it is.
  void Open(const v1::OpenPortalSessionRequest& request, const Caller& caller, Done done);
  /// Puts those that are stored in force, after others have changed them.
  void RenewAll();

 private:
  /// A session as it is stored.
  struct Known {
    access::Authenticator::Grant grant;  ///< its hash is the link's until it is opened
    bool opened = false;
    base::WallTime end;  ///< from then on neither is taken
  };

  absl::Status CheckRoom(const std::string& parent) const;
  /// Those that have ended, some of them.
  std::vector<std::string> Ended() const;
  /// Deletes some of those that have ended.
  void Sweep();
  /// What of the session a call opens; its time is over, or it was opened: CREDENTIALS_INVALID.
  absl::StatusOr<ChangeSet> DecideOpen(const View& view, const std::string& name,
                                       const access::TokenHash& link) const;
  /// Reads what is stored under the names and tells the authenticator.
  void Renew(const std::vector<std::string>& names);
  void Tell() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Done AfterRenewal(std::string name, Done done);

  const PortalOptions options_;
  Methods methods_;
  mutable base::Mutex mutex_;
  std::map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);  ///< by name
  std::future<void> sweep_ ABSL_GUARDED_BY(mutex_);             ///< ready: none is under way
};

}  // namespace carillon::control
