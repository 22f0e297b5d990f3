#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/control/repository.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/standard_methods.h"
#include "carillon/v1/tenant_service.pb.h"

namespace carillon::control {

/// Tenants: those that were made, by the API or by the file, and those that are there because they
/// have something. A change is in force when it is answered; TenantDeletions deletes them. Errors
/// are those of carillon/aip/error.h. Thread-safe; what is given outlives it.
class TenantMethods {
 public:
  using Done = Methods::Done;

  /// `tenants`: the type of MakeTenantType.
  TenantMethods(Repository& repository, const ResourceType& tenants, const base::Clock& clock)
      : repository_(repository),
        tenants_(tenants),
        clock_(clock),
        methods_(repository, tenants, clock) {}

  absl::StatusOr<v1::Tenant> Get(const std::string& name) const;
  absl::StatusOr<Page> List(const ListRequest& request, const Caller& caller) const;
  void Create(const v1::CreateTenantRequest& request, const Caller& caller, Done done);
  void Update(const v1::UpdateTenantRequest& request, const Caller& caller, Done done);

  /// Nothing is accepted in its name or sent to it until it is enabled. READ_ONLY_FILE;
  /// STATE_CONFLICT, here and below: it is being deleted.
  void Disable(const v1::DisableTenantRequest& request, const Caller& caller, Done done);
  /// DISABLED_BY_FILE, READ_ONLY_FILE.
  void Enable(const v1::EnableTenantRequest& request, const Caller& caller, Done done);

 private:
  struct Switch {
    std::string name;
    std::string etag;
    bool disabled = false;
    std::string reason;
  };
  void Change(const ChangeRequest& request, const Caller& caller, Switch to, Done done);
  absl::StatusOr<ChangeSet> Decide(const View& view, const Switch& to) const;
  /// Whether the tenant is there without that somebody has made it.
  absl::Status CheckNotMade(const View& view, const Switch& to) const;
  /// How many destinations and subscriptions it has, wherever they are defined.
  void Count(v1::Tenant& tenant) const;

  Repository& repository_;
  const ResourceType& tenants_;
  const base::Clock& clock_;
  Methods methods_;
};

}  // namespace carillon::control
