#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/control/change.h"
#include "carillon/control/delivery_access.h"
#include "carillon/control/repository.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/view.h"
#include "carillon/v1/operation.pb.h"
#include "carillon/v1/tenant.pb.h"
#include "carillon/v1/tenant_service.pb.h"

namespace carillon::control {

/// What a DeleteTenant means, by what there is. A value.
struct DeletionPlan {
  bool exists = false;  ///< false: there is no such tenant, and none is needed
  Entry tenant;         ///< without a message: nobody has made it
  /// Of a deletion under way; else null.
  std::shared_ptr<const v1::Operation> mark;
  std::vector<Entry> inside;  ///< what it has, but for the mark
};

/// Makes all checks of the call. `tenants`: of MakeTenantType. Errors as TenantDeletions::Delete.
absl::StatusOr<DeletionPlan> PlanDeletion(const View& view, const Repository& repository,
                                          const ResourceType& tenants,
                                          const v1::DeleteTenantRequest& request);

/// Whether it ends when the tenant is marked, since nobody calls in its name any more: a token, a
/// portal session.
bool IsCredential(const std::string& name);

/// How many there are of each kind.
v1::DeleteTenantResponse CountsOf(const std::vector<Entry>& inside);
/// Adds what would be given up of the destinations that were asked for.
void AddGivenUp(const Statuses& statuses, v1::DeleteTenantResponse& to);
/// The tenant's destinations in the store.
std::vector<store::LaneName> LanesOf(const View& view, const std::string& tenant);

/// The operation that deletes the tenant, as it begins.
std::shared_ptr<v1::Operation> MakeDeletion(const std::string& tenant, const std::string& principal,
                                            base::WallTime now);
/// The tenant while it is being deleted by that. `uid`: where nobody has made it.
std::shared_ptr<v1::Tenant> MarkedTenant(const Entry& tenant, const std::string& uid,
                                         const v1::Operation& operation, base::WallTime now);

}  // namespace carillon::control
