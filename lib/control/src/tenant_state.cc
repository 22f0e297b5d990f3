#include "tenant_state.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"

namespace carillon::control {

std::shared_ptr<const model::Tenant> FindDisabled(const View& view, std::string_view tenant) {
  for (const resource::SnapshotPtr& snapshot : {view.stored(), view.file()}) {
    const resource::TenantResources* const found = resource::FindTenant(*snapshot, tenant);
    if (found == nullptr || found->made.value == nullptr) continue;
    if (found->made.value->disabled) return found->made.value;
  }
  return nullptr;
}

absl::Status TenantDisabled(const model::Tenant& tenant) {
  const std::string name = absl::StrCat("tenants/", tenant.name);
  const std::string why = base::Printable(tenant.disable_reason, 1024);
  return aip::FailedPrecondition(
      v1::TENANT_DISABLED,
      absl::StrCat(name, " is disabled, and nothing is sent to its destinations",
                   why.empty() ? "" : ": ", why),
      {{"TENANT_DISABLED", name, "have an operator enable it"}}, {{"resource", name}});
}

}  // namespace carillon::control
