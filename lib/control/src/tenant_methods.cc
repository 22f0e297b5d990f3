#include "carillon/control/tenant_methods.h"

#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "metadata.h"

namespace carillon::control {
namespace {

template <typename Request>
ChangeRequest ToTenantChange(const char* method, const Request& request) {
  return {absl::StrCat("carillon.v1.TenantService/", method), request, request.request_id(),
          request.validate_only()};
}

/// What goes with a tenant.
Answer DescribeDeletion(const std::vector<Edit>& edits) {
  auto answer = std::make_unique<v1::DeleteTenantResponse>();
  for (const Edit& edit : edits) {
    if (absl::StrContains(edit.name, "/destinations/")) {
      answer->set_destination_count(answer->destination_count() + 1);
    } else if (absl::StrContains(edit.name, "/subscriptions/")) {
      answer->set_subscription_count(answer->subscription_count() + 1);
    } else if (absl::StrContains(edit.name, "/tokens/")) {
      answer->set_token_count(answer->token_count() + 1);
    }
  }
  return answer;
}

}  // namespace

absl::StatusOr<v1::Tenant> TenantMethods::Get(const std::string& name) const {
  absl::StatusOr<Answer> answer = methods_.Get(name);
  if (!answer.ok()) return answer.status();
  v1::Tenant tenant = static_cast<const v1::Tenant&>(**answer);
  Count(tenant);
  return tenant;
}

absl::StatusOr<Page> TenantMethods::List(const ListRequest& request, const Caller& caller) const {
  absl::StatusOr<Page> page = methods_.List(request, caller);
  if (!page.ok()) return page;
  for (const Answer& tenant : page->resources) Count(static_cast<v1::Tenant&>(*tenant));
  return page;
}

void TenantMethods::Create(const v1::CreateTenantRequest& request, const Caller& caller,
                           Done done) {
  methods_.Create(ToTenantChange("CreateTenant", request), caller, "", request.tenant_id(),
                  request.tenant(), std::move(done));
}

void TenantMethods::Update(const v1::UpdateTenantRequest& request, const Caller& caller,
                           Done done) {
  methods_.Update(ToTenantChange("UpdateTenant", request), caller, request.tenant(),
                  request.update_mask(), request.allow_missing(), std::move(done));
}

void TenantMethods::Delete(const v1::DeleteTenantRequest& request, const Caller& caller,
                           Done done) {
  methods_.Delete(ToTenantChange("DeleteTenant", request), caller,
                  {.name = request.name(),
                   .etag = request.etag(),
                   .allow_missing = request.allow_missing(),
                   .force = request.force()},
                  DescribeDeletion,
                  [this, validate_only = request.validate_only(),
                   done = std::move(done)](absl::StatusOr<Answer> answer) mutable {
                    if (answer.ok() && !validate_only) on_tokens_deleted_();
                    done(std::move(answer));
                  });
}

void TenantMethods::Count(v1::Tenant& tenant) const {
  const auto count = [&](const char* collection) {
    return repository_.Count(absl::StrCat(tenant.name(), "/", collection, "/"));
  };
  size_t destinations = count("destinations");
  size_t subscriptions = count("subscriptions");
  const resource::SnapshotPtr file = repository_.file();
  const auto ids = tenants_.pattern().Match(tenant.name());
  if (const auto* of_file = ids ? resource::FindTenant(*file, ids->front()) : nullptr) {
    destinations += of_file->destinations.size();
    subscriptions += of_file->subscriptions.size();
  }
  tenant.set_destination_count(static_cast<int32_t>(destinations));
  tenant.set_subscription_count(static_cast<int32_t>(subscriptions));
}

}  // namespace carillon::control
