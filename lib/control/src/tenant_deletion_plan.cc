#include "tenant_deletion_plan.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "change_call.h"
#include "deletion_mark.h"
#include "metadata.h"

namespace carillon::control {
namespace {

/// Whether a tenant that nobody has made by the API is there, and may be deleted.
absl::Status CheckImplied(const View& view, const ResourceType& tenants,
                          const v1::DeleteTenantRequest& request) {
  const auto ids = tenants.pattern().Match(request.name());
  if (!tenants.OfFile(*view.file(), ids->front()).empty()) return ReadOnlyFile(request.name());
  const bool has_some = view.Count(absl::StrCat(request.name(), "/")) > 0 ||
                        resource::FindTenant(*view.file(), ids->front()) != nullptr;
  if (!has_some) return aip::NotFound(tenants.type(), request.name());
  if (request.etag().empty()) return absl::OkStatus();
  return aip::EtagMismatch(tenants.type(), request.name(), "");
}

absl::Status CheckEtag(const Entry& tenant, const Repository& repository,
                       const ResourceType& tenants, const v1::DeleteTenantRequest& request) {
  const std::string current = repository.EtagOf(tenant);
  if (request.etag().empty() || request.etag() == current) return absl::OkStatus();
  return aip::EtagMismatch(tenants.type(), request.name(), current);
}

}  // namespace

absl::StatusOr<DeletionPlan> PlanDeletion(const View& view, const Repository& repository,
                                          const ResourceType& tenants,
                                          const v1::DeleteTenantRequest& request) {
  DeletionPlan plan;
  plan.tenant = view.Find(request.name());
  absl::Status status = plan.tenant.message == nullptr
                            ? CheckImplied(view, tenants, request)
                            : CheckEtag(plan.tenant, repository, tenants, request);
  if (absl::IsNotFound(status) && request.allow_missing()) return plan;
  if (!status.ok()) return status;
  plan.exists = true;
  plan.tenant.name = request.name();
  const Entry mark = FindDeletion(view, request.name());
  plan.mark = std::dynamic_pointer_cast<const v1::Operation>(mark.message);
  if (plan.mark == nullptr) {
    std::vector<Edit> none;
    status = tenants.Delete(plan.tenant, view, request.force(), none);
    if (!status.ok()) return status;
  }
  plan.inside = view.List(absl::StrCat(request.name(), "/"));
  std::erase_if(plan.inside, [&](const Entry& entry) { return entry.name == mark.name; });
  return plan;
}

bool IsCredential(const std::string& name) {
  return absl::StrContains(name, "/tokens/") || absl::StrContains(name, "/portalSessions/");
}

v1::DeleteTenantResponse CountsOf(const std::vector<Entry>& inside) {
  v1::DeleteTenantResponse counts;
  for (const Entry& entry : inside) {
    if (absl::StrContains(entry.name, "/destinations/")) {
      counts.set_destination_count(counts.destination_count() + 1);
    } else if (absl::StrContains(entry.name, "/subscriptions/")) {
      counts.set_subscription_count(counts.subscription_count() + 1);
    } else if (absl::StrContains(entry.name, "/tokens/")) {
      counts.set_token_count(counts.token_count() + 1);
    } else if (absl::StrContains(entry.name, "/portalSessions/")) {
      counts.set_portal_session_count(counts.portal_session_count() + 1);
    }
  }
  return counts;
}

std::vector<store::LaneName> LanesOf(const View& view, const std::string& tenant) {
  const std::string prefix = absl::StrCat(tenant, "/destinations/");
  std::vector<store::LaneName> names;
  for (const Entry& entry : view.List(prefix)) {
    names.push_back({tenant.substr(tenant.find('/') + 1), entry.name.substr(prefix.size())});
  }
  return names;
}

void AddGivenUp(const Statuses& statuses, v1::DeleteTenantResponse& to) {
  for (const auto& status : statuses) {
    if (!status || status->behind) to.set_uncounted(true);
    if (!status) continue;
    to.set_abandoned_delivery_count(to.abandoned_delivery_count() +
                                    static_cast<int64_t>(status->queued + status->parked));
  }
}

std::shared_ptr<v1::Tenant> MarkedTenant(const Entry& tenant, const std::string& uid,
                                         const v1::Operation& operation, base::WallTime now) {
  auto next = std::make_shared<v1::Tenant>();
  if (tenant.message != nullptr) {
    next->CopyFrom(*tenant.message);
  } else {
    next->set_name(operation.target());
    next->set_uid(uid);
    SetTime(*next, "create_time", now);
  }
  next->set_disabled(true);
  next->set_disable_reason(absl::StrCat("it is being deleted by ", operation.name()));
  SetTime(*next, "update_time", now);
  return next;
}

std::shared_ptr<v1::Operation> MakeDeletion(const std::string& tenant, const std::string& principal,
                                            base::WallTime now) {
  auto operation = std::make_shared<v1::Operation>();
  operation->set_name(absl::StrCat(tenant, "/operations/", NewUid(now)));
  operation->set_kind(v1::Operation::DELETE_TENANT);
  operation->set_target(tenant);
  operation->set_principal(principal);
  SetTime(*operation, "create_time", now);
  return operation;
}

}  // namespace carillon::control
