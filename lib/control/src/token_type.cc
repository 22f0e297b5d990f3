#include "token_type.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/access/token_secret.h"
#include "carillon/aip/error.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/token_methods.h"
#include "carillon/resource/read_access.h"
#include "random_id.h"
#include "read_errors.h"

namespace carillon::control {
namespace {

using google::protobuf::Message;

constexpr size_t kMaxDisplayNameBytes = 128;
constexpr size_t kMaxTokenIdBytes = 63;

std::string HexOf(const access::TokenHash& hash) {
  const std::string bytes(hash.begin(), hash.end());
  return absl::BytesToHexString(bytes);
}

/// `acme` of `tenants/acme/tokens/ci`; empty: it is of no tenant.
std::string TenantOf(const std::string& name) {
  constexpr std::string_view kInTenant = "tenants/";
  if (!name.starts_with(kInTenant)) return "";
  return name.substr(kInTenant.size(), name.find('/', kInTenant.size()) - kInTenant.size());
}

bool IsId(std::string_view id) {
  return id.size() <= kMaxTokenIdBytes &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

class TokenType final : public ResourceType {
 public:
  explicit TokenType(std::string_view pattern) : pattern_(pattern) {}

  const Message& prototype() const override { return v1::Token::default_instance(); }
  std::string_view type() const override { return "carillon/Token"; }
  std::string_view member() const override { return "token"; }
  const aip::NamePattern& pattern() const override { return pattern_; }
  const std::vector<std::string>& filters() const override { return filters_; }
  const std::vector<std::string>& orders() const override { return orders_; }

  absl::StatusOr<Value> Read(const Message& message, const View&, bool) const override {
    const auto& token = static_cast<const v1::Token&>(message);
    resource::NoReferences none;
    resource::Errors errors(none, aip::kMaxViolations);
    const resource::Path root;
    const resource::Path path = root.Member("token");
    ToGrant(token, path, errors);
    if (!IsId(token.name().substr(token.name().rfind('/') + 1))) {
      errors.Add(root.Member("token_id"), "must be 1-63 characters of [a-z0-9-]");
    }
    if (!token.has_expire_time()) {
      errors.Add(path.Member("expire_time"),
                 "must be set; of a token without an end it is 9999-12-31T23:59:59Z");
    }
    if (token.display_name().size() > kMaxDisplayNameBytes) {
      errors.Add(path.Member("display_name"),
                 absl::StrCat("must be at most ", kMaxDisplayNameBytes, " bytes"));
    }
    if (!errors.empty()) return ToStatus(errors);
    return Value(std::monostate());
  }

  std::string MakeId(const Message&) const override { return RandomId("token"); }

  absl::Status Prepare(Message& created, base::WallTime now) const override {
    auto& token = static_cast<v1::Token&>(created);
    if (token.sha256().empty()) {
      const base::Secret made = access::NewToken();
      token.set_token(std::string(made.Reveal()));
      token.set_sha256(HexOf(*access::HashToken(made.Reveal())));
    }
    if (!token.has_expire_time()) {
      const auto end = std::chrono::ceil<std::chrono::seconds>(now) + TokenMethods::kLifetime;
      token.mutable_expire_time()->set_seconds(end.time_since_epoch().count());
    }
    return absl::OkStatus();
  }

  void Forget(Message& message) const override { static_cast<v1::Token&>(message).clear_token(); }
  void Normalize(Message&) const override {}
  std::map<std::string, std::string> instead() const override { return {}; }
  absl::Status Delete(const Entry&, const View&, bool, std::vector<Edit>&) const override {
    return absl::OkStatus();
  }
  std::vector<MessagePtr> OfFile(const resource::Snapshot&, std::string_view) const override {
    return {};  // the snapshot has no tokens
  }

 private:
  const aip::NamePattern pattern_;
  const std::vector<std::string> filters_ = {"name", "display_name", "role", "create_time",
                                             "expire_time"};
  const std::vector<std::string> orders_ = {"name", "create_time", "expire_time"};
};

}  // namespace

access::Authenticator::Grant ToGrant(const v1::Token& token, const resource::Path& path,
                                     resource::Errors& errors) {
  v1::AccessToken like_in_file;
  like_in_file.set_role(token.role());
  *like_in_file.mutable_tenants() = token.tenants();
  *like_in_file.mutable_event_types() = token.event_types();
  like_in_file.set_sha256(token.sha256());
  if (token.has_quota()) *like_in_file.mutable_quota() = token.quota();
  if (token.has_expire_time() && token.expire_time().seconds() != kNoEndSeconds) {
    *like_in_file.mutable_expire_time() = token.expire_time();
  }
  const std::string tenant = TenantOf(token.name());
  if (!tenant.empty()) {
    if (token.tenants_size() > 0) {
      errors.Add(path.Member("tenants"),
                 "must be left out: the token is of the tenant in its name");
    }
    if (token.role() == v1::ROLE_OPERATOR) {
      errors.Add(path.Member("role"), "must be another: an operator's token is of no tenant");
    }
    like_in_file.clear_tenants();
    like_in_file.add_tenants(tenant);
  }
  return resource::ReadToken(like_in_file, token.name(), path, errors);
}

std::unique_ptr<ResourceType> MakeTenantTokenType() {
  return std::make_unique<TokenType>("tenants/{tenant}/tokens/{token}");
}
std::unique_ptr<ResourceType> MakeTokenType() {
  return std::make_unique<TokenType>("tokens/{token}");
}

}  // namespace carillon::control
