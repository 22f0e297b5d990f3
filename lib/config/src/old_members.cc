#include "old_members.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/v1/config.pb.h"

namespace carillon::config {
namespace {

constexpr std::array kOldMembers = std::to_array<OldMember>({
    {.message = "DeliverySettings", .name = "idle_connection", .now = "idle_connection_timeout"},
    {.message = "Destination", .name = "enabled", .now = "disabled", .opposite = true},
    {.message = "Key", .name = "expires_at", .now = "expire_time"},
    {.message = "LimitSettings",
     .name = "max_in_flight_per_tenant",
     .now = "tenant_defaults.max_in_flight"},
    {.message = "ProxySettings", .name = "password", .now = "basic.secret"},
    {.message = "ProxySettings", .name = "password_env", .now = "basic.secret_env"},
    {.message = "ProxySettings", .name = "password_file", .now = "basic.secret_file"},
    {.message = "ProxySettings", .name = "username", .now = "basic.user"},
    {.message = "Tls", .name = "verify", .now = "insecure_skip_verify", .opposite = true},
});

}  // namespace

const OldMember* FindOldMember(const google::protobuf::Descriptor& type, std::string_view name) {
  if (type.file()->package() != v1::Config::descriptor()->file()->package()) return nullptr;
  const auto* const found = std::ranges::find_if(kOldMembers, [&](const OldMember& old) {
    return old.message == type.name() && old.name == name;
  });
  return found == kOldMembers.end() ? nullptr : found;
}

std::string SayWhatItIsNow(const OldMember& old) {
  return absl::StrCat("is now ", base::ToAbsl(old.now),
                      old.opposite ? ", which says the opposite" : "");
}

}  // namespace carillon::config
