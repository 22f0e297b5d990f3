#include "apply_request.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "carillon/resource/name.h"
#include "carillon/resource/read_event_type.h"
#include "metadata.h"

namespace carillon::control {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kMaxApplySetBytes = 63;
constexpr std::string_view kInTenants = "tenants/";

bool IsAny(std::string_view tenant) { return tenant == aip::NamePattern::kAny; }

absl::Status CheckApplySet(const v1::ApplyConfigRequest& request) {
  const std::string& set = request.apply_set();
  if (set.empty()) {
    if (!request.prune()) return absl::OkStatus();
    return aip::BadField("apply_set", "REQUIRED", "must be set to prune: it says what may go");
  }
  const auto alnum = [](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); };
  const bool good = set.size() <= kMaxApplySetBytes && alnum(set.front()) && alnum(set.back()) &&
                    std::ranges::all_of(
                        set, [&](char c) { return alnum(c) || c == '-' || c == '_' || c == '.'; });
  if (good) return absl::OkStatus();
  return aip::BadField("apply_set", "PATTERN",
                       "must be 1-63 characters of [A-Za-z0-9_.-], the first and last a letter or "
                       "digit");
}

/// The members of a Config that are resources.
bool IsResources(const FieldDescriptor& field) {
  switch (field.number()) {
    case v1::Config::kTenantsFieldNumber:
    case v1::Config::kEventTypesFieldNumber:
    case v1::Config::kDestinationsFieldNumber:
    case v1::Config::kSubscriptionsFieldNumber:
      return true;
    default:
      return false;
  }
}

absl::Status CheckSections(const v1::Config& config, bool prune) {
  std::vector<const FieldDescriptor*> fields;
  config.GetReflection()->ListFields(config, &fields);
  for (const FieldDescriptor* field : fields) {
    if (IsResources(*field)) continue;
    return aip::BadField(absl::StrCat("config.", field->name()), "UNKNOWN",
                         "is for configuration files: tenants, event_types, destinations and "
                         "subscriptions are applied");
  }
  const int count = config.tenants_size() + config.event_types_size() + config.destinations_size() +
                    config.subscriptions_size();
  if (count == 0 && !prune) {
    return aip::BadField("config", "REQUIRED", "must have a resource, or `prune` must be set");
  }
  if (count <= ConfigMethods::kMaxElements) return absl::OkStatus();
  return aip::BadField("config", "TOO_LONG",
                       absl::StrCat("has ", count, " resources, and must have at most ",
                                    ConfigMethods::kMaxElements));
}

/// Reads the resources of one request.
class Reader {
 public:
  Reader(std::string tenant, std::string apply_set)
      : tenant_(std::move(tenant)), apply_set_(std::move(apply_set)) {}

  template <typename List>
  absl::Status Add(const ResourceType& type, const char* member, const List& list) {
    for (int i = 0; i < list.size(); ++i) {
      auto given = std::make_shared<typename List::value_type>(list[i]);
      Element element{&type, nullptr, "", absl::StrCat("config.", member, "[", i, "]")};
      const std::string field = absl::StrCat(element.path, ".name");
      absl::StatusOr<std::string> name = WholeName(*given, field);
      if (!name.ok()) return name.status();
      if (!type.pattern().Match(*name)) {
        return aip::BadField(field, "PATTERN", absl::StrCat("must be ", type.pattern().ToString()));
      }
      if (absl::Status status = CheckPlace(*name, field); !status.ok()) return status;
      if (!names_.insert(*name).second) {
        return aip::BadField(field, "DUPLICATE", absl::StrCat(*name, " stands there twice"));
      }
      given->set_name(*name);
      SetLabel(*given);
      element.name = *std::move(name);
      element.given = std::move(given);
      elements_.push_back(std::move(element));
    }
    return absl::OkStatus();
  }

  std::vector<Element> Take() && { return std::move(elements_); }

 private:
  absl::StatusOr<std::string> InTenant(std::string_view collection, const std::string& name,
                                       const std::string& field) const {
    if (name.find('/') != std::string::npos) return name;
    if (!IsAny(tenant_)) return resource::MakeName(tenant_, collection, name);
    return aip::BadField(field, "PATTERN",
                         "must be a whole name (tenants/...) where `parent` is tenants/-");
  }
  absl::StatusOr<std::string> WholeName(const v1::Destination& given,
                                        const std::string& field) const {
    return InTenant(resource::kDestinations, given.name(), field);
  }
  absl::StatusOr<std::string> WholeName(const v1::Subscription& given,
                                        const std::string& field) const {
    return InTenant(resource::kSubscriptions, given.name(), field);
  }
  static absl::StatusOr<std::string> WholeName(const v1::Tenant& given, const std::string&) {
    if (given.name().find('/') != std::string::npos) return given.name();
    return absl::StrCat(base::ToAbsl(kInTenants), given.name());
  }
  static absl::StatusOr<std::string> WholeName(const v1::EventType& given, const std::string&) {
    if (given.name().find('/') != std::string::npos) return given.name();
    return absl::StrCat(base::ToAbsl(resource::kEventTypes), given.name());
  }

  /// Whether it is in the parent.
  absl::Status CheckPlace(const std::string& name, const std::string& field) const {
    if (IsAny(tenant_)) return absl::OkStatus();
    const std::string parent = absl::StrCat(base::ToAbsl(kInTenants), tenant_);
    if (name == parent || name.starts_with(parent + "/")) return absl::OkStatus();
    return aip::BadField(
        field, "CONFLICT",
        absl::StrCat("is not in ", parent, ", as `parent` says: apply to tenants/-"));
  }

  void SetLabel(v1::EventType&) const {}
  template <typename Labeled>
  void SetLabel(Labeled& given) const {
    if (!apply_set_.empty()) (*given.mutable_labels())[kApplySetLabel] = apply_set_;
  }

  const std::string tenant_;
  const std::string apply_set_;
  std::set<std::string> names_;
  std::vector<Element> elements_;
};

}  // namespace

absl::StatusOr<std::string> TenantOfParent(const std::string& parent) {
  static const aip::NamePattern kPattern("tenants/{tenant}");
  const auto ids = kPattern.Match(parent, true);
  if (ids) return ids->front();
  return aip::BadField("parent", "PATTERN", "must be tenants/{tenant}, or tenants/- for all");
}

absl::StatusOr<std::vector<Element>> ReadElements(const v1::ApplyConfigRequest& request,
                                                  const ConfigTypes& types) {
  const absl::StatusOr<std::string> tenant = TenantOfParent(request.parent());
  if (!tenant.ok()) return tenant.status();
  if (absl::Status status = CheckApplySet(request); !status.ok()) return status;
  const v1::Config& config = request.config();
  if (absl::Status status = CheckSections(config, request.prune()); !status.ok()) return status;
  Reader reader(*tenant, request.apply_set());
  absl::Status status = reader.Add(types.tenants, "tenants", config.tenants());
  if (status.ok()) status = reader.Add(types.event_types, "event_types", config.event_types());
  if (status.ok()) status = reader.Add(types.destinations, "destinations", config.destinations());
  if (status.ok()) {
    status = reader.Add(types.subscriptions, "subscriptions", config.subscriptions());
  }
  if (!status.ok()) return status;
  return std::move(reader).Take();
}

absl::Status AtElement(const absl::Status& status, const Element& element) {
  google::rpc::BadRequest bad;
  if (!aip::GetDetail(status, bad) || bad.field_violations().empty()) return status;
  const std::string member(element.type->member());
  std::vector<aip::FieldViolation> violations;
  for (const auto& violation : bad.field_violations()) {
    std::string field = violation.field();
    const char next = field.size() > member.size() ? field[member.size()] : '.';
    if (field.starts_with(member) && (next == '.' || next == '[')) {
      field = element.path + field.substr(member.size());
    }
    violations.push_back({std::move(field), violation.reason(), violation.description()});
  }
  return aip::BadRequest(violations, aip::ReasonOf(status), {{"resource", element.name}});
}

}  // namespace carillon::control
