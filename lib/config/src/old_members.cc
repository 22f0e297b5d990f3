#include "old_members.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/v1/config.pb.h"

namespace carillon::config {
namespace {

constexpr std::array kOldMembers = std::to_array<OldMember>({
    {.message = "Basic", .name = "secret", .now = "password"},
    {.message = "Basic", .name = "secret_env", .now = "password.env"},
    {.message = "Basic", .name = "secret_file", .now = "password.file"},
    {.message = "Bearer", .name = "secret", .now = "token"},
    {.message = "Bearer", .name = "secret_env", .now = "token.env"},
    {.message = "Bearer", .name = "secret_file", .now = "token.file"},
    {.message = "DeliverySettings", .name = "idle_connection", .now = "idle_connection_timeout"},
    {.message = "Destination", .name = "enabled", .now = "disabled", .opposite = true},
    {.message = "Destination",
     .name = "generation",
     .now = "",
     .instead = "EnableDestination (`carillon destinations enable`) enables a destination again, "
                "ReleaseDestination lets go what is held"},
    {.message = "Destination", .name = "tenant", .now = "name", .collection = "destinations"},
    {.message = "Header", .name = "value_env", .now = "secret.env"},
    {.message = "Header", .name = "value_file", .now = "secret.file"},
    {.message = "Key", .name = "expires_at", .now = "expire_time"},
    {.message = "Key", .name = "secret_env", .now = "secret.env"},
    {.message = "Key", .name = "secret_file", .now = "secret.file"},
    {.message = "LimitSettings",
     .name = "max_in_flight_per_tenant",
     .now = "tenant_defaults.max_in_flight"},
    {.message = "OAuth2", .name = "secret", .now = "client_secret"},
    {.message = "OAuth2", .name = "secret_env", .now = "client_secret.env"},
    {.message = "OAuth2", .name = "secret_file", .now = "client_secret.file"},
    {.message = "ProxySettings", .name = "password", .now = "basic.password"},
    {.message = "ProxySettings", .name = "password_env", .now = "basic.password.env"},
    {.message = "ProxySettings", .name = "password_file", .now = "basic.password.file"},
    {.message = "ProxySettings", .name = "username", .now = "basic.user"},
    {.message = "Subscription", .name = "tenant", .now = "name", .collection = "subscriptions"},
    {.message = "Tls", .name = "ca_bundle_file", .now = "ca_bundle.file"},
    {.message = "Tls", .name = "client_certificate_file", .now = "client_certificate.file"},
    {.message = "Tls", .name = "client_key_env", .now = "client_key.env"},
    {.message = "Tls", .name = "client_key_file", .now = "client_key.file"},
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
  if (!old.instead.empty()) return absl::StrCat("is removed: ", base::ToAbsl(old.instead));
  if (!old.collection.empty()) {
    return absl::StrCat("is now part of name: tenants/TENANT/", base::ToAbsl(old.collection),
                        "/NAME");
  }
  return absl::StrCat("is now ", base::ToAbsl(old.now),
                      old.opposite ? ", which says the opposite" : "");
}

}  // namespace carillon::config
