#include "resource_types.h"

#include <string_view>

#include "google/api/resource.pb.h"

namespace carillon::access {
namespace {

constexpr std::string_view kTenantPattern = "tenants/{tenant}";

}  // namespace

std::optional<Home> HomeOf(const google::protobuf::Descriptor& message) {
  if (!message.options().HasExtension(google::api::resource)) return std::nullopt;
  bool in_tenant = false;
  bool outside = false;
  for (const std::string& pattern :
       message.options().GetExtension(google::api::resource).pattern()) {
    if (pattern == kTenantPattern) return Home::kIsTenant;
    (std::string_view(pattern).starts_with(kTenantPattern) ? in_tenant : outside) = true;
  }
  if (in_tenant) return outside ? Home::kBoth : Home::kTenant;
  return Home::kNone;
}

void ResourceTypes::Add(const google::protobuf::FileDescriptor& file) {
  if (!seen_.insert(&file).second) return;
  for (int i = 0; i < file.message_type_count(); ++i) {
    const google::protobuf::Descriptor& message = *file.message_type(i);
    if (const std::optional<Home> home = HomeOf(message)) {
      homes_.emplace(message.options().GetExtension(google::api::resource).type(), *home);
    }
  }
  for (int i = 0; i < file.dependency_count(); ++i) Add(*file.dependency(i));
}

std::optional<Home> ResourceTypes::Find(const std::string& type) const {
  const auto found = homes_.find(type);
  return found == homes_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace carillon::access
