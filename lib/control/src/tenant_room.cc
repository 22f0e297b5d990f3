#include "tenant_room.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "carillon/resource/read_one.h"
#include "carillon/v1/tenant.pb.h"
#include "deletion_mark.h"
#include "tenant_retirement.h"

namespace carillon::control {
namespace {

/// What bounds a collection, in the limits and in what errors call it.
struct Bound {
  std::optional<uint32_t> model::TenantLimits::* limit;
  const char* member;
};

std::optional<Bound> BoundOf(std::string_view collection) {
  if (collection == "destinations") {
    return Bound{&model::TenantLimits::max_destinations, "max_destinations"};
  }
  if (collection == "subscriptions") {
    return Bound{&model::TenantLimits::max_subscriptions, "max_subscriptions"};
  }
  return std::nullopt;
}

constexpr std::string_view kTenants = "tenants/";

const resource::TenantResources* TenantInFile(const resource::Snapshot& file,
                                              const std::string& tenant) {
  return resource::FindTenant(file, std::string_view(tenant).substr(kTenants.size()));
}

}  // namespace

std::optional<model::TenantLimits> MadeLimits(const View& view, const std::string& tenant) {
  const resource::SnapshotPtr file = view.file();
  const auto* const of_file = TenantInFile(*file, tenant);
  if (of_file != nullptr && of_file->made.value != nullptr) return of_file->made.value->limits;
  const Entry entry = view.Find(tenant);
  const auto* made = dynamic_cast<const v1::Tenant*>(entry.message.get());
  if (made == nullptr) return std::nullopt;
  return resource::ReadLimits(made->limits());
}

absl::Status CheckRoom(const View& view, std::string_view name) {
  if (!name.starts_with(kTenants)) return absl::OkStatus();
  if (absl::Status status = CheckNotRetired(view, name); !status.ok()) return status;
  const size_t end = name.find('/', kTenants.size());
  const size_t last = name.rfind('/');
  if (end == name.npos || last <= end) return absl::OkStatus();
  const std::string tenant(name.substr(0, end));
  if (const Entry mark = FindDeletion(view, tenant); mark.message != nullptr) {
    return TenantBeingDeleted(tenant, mark.name);
  }
  const std::string_view collection = name.substr(end + 1, last - end - 1);
  const resource::SnapshotPtr file = view.file();
  if (!file->settings) return absl::OkStatus();
  const auto* of_file = TenantInFile(*file, tenant);
  const auto made = MadeLimits(view, tenant);
  if (!made && file->settings->require_tenants) return aip::NotFound("carillon/Tenant", tenant);
  const auto bound = BoundOf(collection);
  if (!bound) return absl::OkStatus();
  const std::optional<uint32_t> own = made ? *made.*bound->limit : std::nullopt;
  const std::optional<uint32_t> most = own ? own : file->settings->tenant_defaults.*bound->limit;
  if (!most) return absl::OkStatus();
  size_t count = view.Count(name.substr(0, last + 1));
  if (of_file != nullptr) {
    count +=
        collection == "destinations" ? of_file->destinations.size() : of_file->subscriptions.size();
  }
  if (count < *most) return absl::OkStatus();
  return aip::QuotaExceeded(
      v1::QUOTA_EXCEEDED,
      absl::StrCat(tenant, " has ", count, " ", base::ToAbsl(collection), " and may have ", *most,
                   ": delete some, or have an operator raise ", bound->member,
                   " of its limits or of limits.tenant_defaults"),
      tenant);
}

}  // namespace carillon::control
