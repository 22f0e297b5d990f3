#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/control/repository.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/standard_methods.h"
#include "carillon/v1/tenant_service.pb.h"

namespace carillon::control {

/// Tenants: those that were made, by the API or by the file, and those that are there because they
/// have something. A change is in force when it is answered. Errors are those of
/// carillon/aip/error.h. Thread-safe; what is given outlives it.
class TenantMethods {
 public:
  using Done = Methods::Done;

  /// `tenants`: the type of MakeTenantType. `on_tokens_deleted` is called before a deletion,
  /// with which tokens and portal sessions may have gone, is answered.
  TenantMethods(Repository& repository, const ResourceType& tenants, const base::Clock& clock,
                std::function<void()> on_tokens_deleted)
      : repository_(repository),
        tenants_(tenants),
        methods_(repository, tenants, clock),
        on_tokens_deleted_(std::move(on_tokens_deleted)) {}

  absl::StatusOr<v1::Tenant> Get(const std::string& name) const;
  absl::StatusOr<Page> List(const ListRequest& request, const Caller& caller) const;
  void Create(const v1::CreateTenantRequest& request, const Caller& caller, Done done);
  void Update(const v1::UpdateTenantRequest& request, const Caller& caller, Done done);
  /// TENANT_NOT_EMPTY: it has something, and `force` is not set. READ_ONLY_FILE: the file has
  /// something of it.
  void Delete(const v1::DeleteTenantRequest& request, const Caller& caller, Done done);

 private:
  /// How many destinations and subscriptions it has, wherever they are defined.
  void Count(v1::Tenant& tenant) const;

  Repository& repository_;
  const ResourceType& tenants_;
  Methods methods_;
  const std::function<void()> on_tokens_deleted_;
};

}  // namespace carillon::control
