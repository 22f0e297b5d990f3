#include <utility>

#include "carillon/v1/tenant_service.pb.h"
#include "fronts.h"
#include "service_table.h"
#include "standard_requests.h"

namespace carillon::controlgrpc {
namespace {

control::ListRequest ToListOfTenants(const v1::ListTenantsRequest& request) {
  return {.method = MethodName(request),
          .parent = "",
          .page_size = request.page_size(),
          .page_token = request.page_token(),
          .filter = request.filter(),
          .order_by = request.order_by()};
}

}  // namespace

rpc::Guest MakeTenantFront(ControlCalls& calls, control::TenantMethods& tenants,
                           control::TenantDeletions& deletions) {
  ServiceTable table("carillon.v1.TenantService", calls);
  using Done = control::Methods::Done;
  table.Read<v1::GetTenantRequest, v1::Tenant>([&tenants](const v1::GetTenantRequest& request,
                                                          const control::Caller&,
                                                          v1::Tenant& response) {
    absl::StatusOr<v1::Tenant> tenant = tenants.Get(request.name());
    if (tenant.ok()) response = *std::move(tenant);
    return tenant.status();
  });
  table.Read<v1::ListTenantsRequest, v1::ListTenantsResponse>(
      [&tenants](const v1::ListTenantsRequest& request, const control::Caller& caller,
                 v1::ListTenantsResponse& response) {
        return Take(tenants.List(ToListOfTenants(request), caller), "tenants", response);
      });
  table.Change<v1::CreateTenantRequest, v1::Tenant>(
      [&tenants](const v1::CreateTenantRequest& request, const control::Caller& caller, Done done) {
        tenants.Create(request, caller, std::move(done));
      });
  table.Change<v1::UpdateTenantRequest, v1::Tenant>(
      [&tenants](const v1::UpdateTenantRequest& request, const control::Caller& caller, Done done) {
        tenants.Update(request, caller, std::move(done));
      });
  table.Change<v1::DeleteTenantRequest, v1::DeleteTenantResponse>(
      [&deletions](const v1::DeleteTenantRequest& request, const control::Caller& caller,
                   Done done) { deletions.Delete(request, caller, std::move(done)); });
  table.Change<v1::DisableTenantRequest, v1::Tenant>(
      [&tenants](const v1::DisableTenantRequest& request, const control::Caller& caller,
                 Done done) { tenants.Disable(request, caller, std::move(done)); });
  table.Change<v1::EnableTenantRequest, v1::Tenant>(
      [&tenants](const v1::EnableTenantRequest& request, const control::Caller& caller, Done done) {
        tenants.Enable(request, caller, std::move(done));
      });
  return std::move(table).Done();
}

}  // namespace carillon::controlgrpc
