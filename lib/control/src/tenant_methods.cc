#include "carillon/control/tenant_methods.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "change_call.h"
#include "deletion_mark.h"
#include "metadata.h"

namespace carillon::control {
namespace {

constexpr char kTenantService[] = "carillon.v1.TenantService/";
constexpr size_t kMaxReasonBytes = 1024;

template <typename Request>
ChangeRequest ToTenantChange(const char* method, const Request& request) {
  return {absl::StrCat(kTenantService, method), request, request.request_id(),
          request.validate_only()};
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
  ChangeRequest change = ToTenantChange("CreateTenant", request);
  change.reuse_name = request.reuse_name();
  methods_.Create(change, caller, "", request.tenant_id(), request.tenant(), std::move(done));
}

void TenantMethods::Update(const v1::UpdateTenantRequest& request, const Caller& caller,
                           Done done) {
  methods_.Update(ToTenantChange("UpdateTenant", request), caller, request.tenant(),
                  request.update_mask(), request.allow_missing(), std::move(done));
}

void TenantMethods::Disable(const v1::DisableTenantRequest& request, const Caller& caller,
                            Done done) {
  if (request.reason().size() > kMaxReasonBytes) {
    return done(aip::BadField("reason", "TOO_LONG",
                              absl::StrCat("must be at most ", kMaxReasonBytes, " bytes")));
  }
  Change({absl::StrCat(kTenantService, "DisableTenant"), request, request.request_id()}, caller,
         {request.name(), request.etag(), true, request.reason()}, std::move(done));
}

void TenantMethods::Enable(const v1::EnableTenantRequest& request, const Caller& caller,
                           Done done) {
  if (request.reason().size() > kMaxReasonBytes) {
    return done(aip::BadField("reason", "TOO_LONG",
                              absl::StrCat("must be at most ", kMaxReasonBytes, " bytes")));
  }
  Change({absl::StrCat(kTenantService, "EnableTenant"), request, request.request_id()}, caller,
         {request.name(), request.etag(), false, ""}, std::move(done));
}

void TenantMethods::Change(const ChangeRequest& request, const Caller& caller, Switch to,
                           Done done) {
  if (!tenants_.pattern().Match(to.name)) {
    return done(
        aip::BadField("name", "PATTERN", absl::StrCat("must be ", tenants_.pattern().ToString())));
  }
  absl::Status status = CheckRequestId(request.request_id);
  if (!status.ok()) return done(std::move(status));
  ChangeCall call = MakeCall(request, caller, v1::Tenant::default_instance());
  call.decide = [this, to = std::move(to)](const View& view) { return Decide(view, to); };
  repository_.Change(std::move(call), std::move(done));
}

absl::StatusOr<ChangeSet> TenantMethods::Decide(const View& view, const Switch& to) const {
  if (const Entry mark = FindDeletion(view, to.name); mark.message != nullptr) {
    return TenantBeingDeleted(to.name, mark.name);
  }
  const Entry entry = view.Find(to.name);
  auto next = std::make_shared<v1::Tenant>();
  const base::WallTime now = clock_.Wall();
  if (entry.message != nullptr) {
    const std::string current = repository_.EtagOf(entry);
    if (!to.etag.empty() && to.etag != current) {
      return aip::EtagMismatch(tenants_.type(), to.name, current);
    }
    next->CopyFrom(*entry.message);
  } else {
    if (absl::Status status = CheckNotMade(view, to); !status.ok()) return status;
    next->set_name(to.name);
    next->set_uid(NewUid(now));
    SetTime(*next, "create_time", now);
  }
  next->set_disabled(to.disabled);
  next->set_disable_reason(to.reason);
  absl::StatusOr<Value> value = tenants_.Read(*next, view, true);
  if (!value.ok()) return value.status();
  SetTime(*next, "update_time", now);
  ChangeSet set;
  set.answer = std::make_unique<v1::Tenant>(*next);
  set.edits.push_back({to.name, std::move(next), *std::move(value)});
  return set;
}

absl::Status TenantMethods::CheckNotMade(const View& view, const Switch& to) const {
  const auto ids = tenants_.pattern().Match(to.name);
  for (const MessagePtr& message : tenants_.OfFile(*view.file(), ids->front())) {
    const bool disabled = static_cast<const v1::Tenant&>(*message).disabled();
    if (!disabled || to.disabled) return ReadOnlyFile(to.name);
    return aip::FailedPrecondition(
        v1::DISABLED_BY_FILE,
        absl::StrCat(to.name, " is disabled by the configuration file: change it there"),
        {{"DISABLED_BY_FILE", to.name, "take `disabled` out of the configuration file"}},
        {{"resource", to.name}});
  }
  for (const MessagePtr& implied : tenants_.Implied(view)) {
    if (GetText(*implied, "name") == to.name) return absl::OkStatus();
  }
  return aip::NotFound(tenants_.type(), to.name);
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
