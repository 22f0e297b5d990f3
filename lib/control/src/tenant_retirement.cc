#include "tenant_retirement.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "carillon/v1/tenant_service.pb.h"
#include "expire_time.h"
#include "metadata.h"
#include "record_type.h"

namespace carillon::control {
namespace {

constexpr std::string_view kTenantsPart = "tenants/";

/// What people are told of it.
std::string WhyRetired(const v1::TenantRetirement& retirement) {
  const std::string id = retirement.name().substr(kRetiredTenants.size());
  return absl::StrCat(
      "the tenant '", id, "' was deleted, and its name is retired until ",
      absl::FormatTime(absl::RFC3339_sec, absl::FromUnixSeconds(retirement.expire_time().seconds()),
                       absl::UTCTimeZone()),
      ", since events, attempts, statistics, notices and audit entries of it may be kept until "
      "then");
}

/// What says so in snapshots.
std::shared_ptr<const model::Tenant> RetiredTenant(const v1::TenantRetirement& retirement) {
  auto tenant = std::make_shared<model::Tenant>();
  tenant->name = retirement.name().substr(kRetiredTenants.size());
  tenant->disabled = true;
  tenant->disable_reason = WhyRetired(retirement);
  return tenant;
}

class TenantRetirementType final : public RecordType {
 public:
  TenantRetirementType() : RecordType("retiredTenants/{tenant}") {}

  const google::protobuf::Message& prototype() const override {
    return v1::TenantRetirement::default_instance();
  }
  std::string_view type() const override { return "carillon/TenantRetirement"; }
  std::string_view member() const override { return "tenant_retirement"; }
  absl::StatusOr<Value> Read(const google::protobuf::Message& message, const View&,
                             bool) const override {
    return Value(RetiredTenant(static_cast<const v1::TenantRetirement&>(message)));
  }
};

}  // namespace

std::string RetirementOf(std::string_view name) {
  const std::string_view id = name.substr(kTenantsPart.size());
  return absl::StrCat(base::ToAbsl(kRetiredTenants), base::ToAbsl(id.substr(0, id.find('/'))));
}

Edit MakeRetirement(const std::string& tenant, const std::string& uid,
                    const Retirement& retirement) {
  auto made = std::make_shared<v1::TenantRetirement>();
  made->set_name(RetirementOf(tenant));
  made->set_uid(uid);
  made->set_principal(retirement.principal);
  SetTime(*made, "delete_time", retirement.now);
  SetTime(*made, "expire_time", retirement.now + retirement.lasts);
  auto value = RetiredTenant(*made);
  std::string name = made->name();
  return {std::move(name), std::move(made), std::move(value)};
}

base::WallTime EndOfRetirement(const Entry& entry, std::chrono::seconds lasts) {
  const auto& retirement = dynamic_cast<const v1::TenantRetirement&>(*entry.message);
  return std::max<base::WallTime>(ExpireTimeOf(retirement.expire_time()),
                                  ExpireTimeOf(retirement.delete_time()) + lasts);
}

absl::Status CheckNotRetired(const View& view, std::string_view name) {
  if (!name.starts_with(kTenantsPart)) return absl::OkStatus();
  const std::string retired = RetirementOf(name);
  const Entry entry = view.Find(retired);
  const auto* retirement = dynamic_cast<const v1::TenantRetirement*>(entry.message.get());
  if (retirement == nullptr) return absl::OkStatus();
  const std::string id = retired.substr(kRetiredTenants.size());
  if (resource::FindTenant(*view.file(), id) != nullptr) return absl::OkStatus();
  const std::string tenant = absl::StrCat(base::ToAbsl(kTenantsPart), id);
  // It was made while the file had it.
  if (view.Find(tenant).message != nullptr || view.Count(absl::StrCat(tenant, "/")) > 0) {
    return absl::OkStatus();
  }
  const std::string remedy =
      "choose another name; if it is the same tenant again and shall see what is kept, have an "
      "operator call CreateTenant with reuse_name";
  return aip::FailedPrecondition(
      v1::TENANT_NAME_RETIRED, absl::StrCat(WhyRetired(*retirement), ": ", remedy),
      {{"TENANT_NAME_RETIRED", tenant, remedy}},
      {{"resource", tenant},
       {"expire_time", absl::FormatTime(absl::RFC3339_sec,
                                        absl::FromUnixSeconds(retirement->expire_time().seconds()),
                                        absl::UTCTimeZone())}});
}

absl::Status CheckRetirementRoom(const View& view, size_t more) {
  const size_t retired = view.Count(kRetiredTenants);
  if (retired + more <= kMaxRetirements) return absl::OkStatus();
  return aip::QuotaExceeded(
      v1::QUOTA_EXCEEDED,
      absl::StrCat("the names of ", retired, " deleted tenants are retired, and at most ",
                   kMaxRetirements, " are at once: disable the tenant until some have ended"),
      "configuration");
}

std::unique_ptr<ResourceType> MakeTenantRetirementType() {
  return std::make_unique<TenantRetirementType>();
}

}  // namespace carillon::control
