#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "carillon/control/resource_type.h"
#include "carillon/resource/read_one.h"
#include "carillon/resource/to_message.h"
#include "carillon/v1/tenant.pb.h"
#include "change_call.h"
#include "read_errors.h"

namespace carillon::control {
namespace {

using google::protobuf::Message;

constexpr std::string_view kTenantPrefix = "tenants/";

std::string IdOf(const std::string& name) { return name.substr(kTenantPrefix.size()); }

/// Whether the file has something of the tenant's.
bool FileHas(const resource::Snapshot& file, std::string_view tenant) {
  const resource::TenantResources* found = resource::FindTenant(file, tenant);
  return found != nullptr && !(found->destinations.empty() && found->subscriptions.empty());
}

class TenantType final : public ResourceType {
 public:
  const Message& prototype() const override { return v1::Tenant::default_instance(); }
  std::string_view type() const override { return "carillon/Tenant"; }
  std::string_view member() const override { return "tenant"; }
  const aip::NamePattern& pattern() const override { return pattern_; }
  const std::vector<std::string>& filters() const override { return filters_; }
  const std::vector<std::string>& orders() const override { return orders_; }

  absl::StatusOr<Value> Read(const Message& message, const View&, bool) const override {
    resource::NoReferences none;
    resource::Errors errors(none, aip::kMaxViolations);
    const resource::Path root;
    auto value = std::make_shared<model::Tenant>(
        resource::ReadOne(static_cast<const v1::Tenant&>(message), root.Member("tenant"), errors));
    if (!errors.empty()) return ToStatus(errors);
    return Value(std::shared_ptr<const model::Tenant>(std::move(value)));
  }

  std::string MakeId(const Message&) const override { return ""; }
  absl::Status Prepare(Message&, base::WallTime) const override { return absl::OkStatus(); }
  void Normalize(Message&) const override {}
  std::map<std::string, std::string> instead() const override { return {}; }

  // TenantDeletions removes what it has.
  absl::Status Delete(const Entry& entry, const View& view, bool force,
                      std::vector<Edit>&) const override {
    const std::string tenant = IdOf(entry.name);
    if (FileHas(*view.file(), tenant)) {
      return aip::FailedPrecondition(
          v1::READ_ONLY_FILE,
          absl::StrCat(entry.name,
                       " has destinations or subscriptions in the configuration file: take them "
                       "out of it first"),
          {{"READ_ONLY_FILE", entry.name, "change the configuration file"}},
          {{"resource", entry.name}});
    }
    const std::vector<Entry> inside = view.List(entry.name + "/");
    return inside.empty() || force ? absl::OkStatus() : NotEmpty(entry.name, inside);
  }

  std::vector<MessagePtr> OfFile(const resource::Snapshot& file,
                                 std::string_view tenant) const override {
    std::vector<MessagePtr> found;
    const auto add = [&](const resource::TenantResources& has) {
      if (has.made.value == nullptr) return;
      auto message = std::make_shared<v1::Tenant>(resource::ToMessage(*has.made.value));
      message->mutable_origin()->set_kind(v1::Origin::FILE);
      found.push_back(std::move(message));
    };
    if (tenant.empty()) {
      for (const resource::TenantPtr& each : file.tenants) add(*each);
    } else if (const auto* one = resource::FindTenant(file, tenant)) {
      add(*one);
    }
    return found;
  }

  std::vector<MessagePtr> Implied(const View& view) const override {
    const resource::SnapshotPtr file = view.file();
    std::set<std::string> names;
    for (const resource::TenantPtr& each : file->tenants) {
      if (each->made.value == nullptr)
        names.insert(absl::StrCat(base::ToAbsl(kTenantPrefix), each->tenant));
    }
    std::set<std::string> made;
    for (const Entry& entry : view.List(kTenantPrefix)) {
      const size_t end = entry.name.find('/', kTenantPrefix.size());
      if (end == std::string::npos) {
        made.insert(entry.name);
      } else {
        names.insert(entry.name.substr(0, end));
      }
    }
    std::vector<MessagePtr> implied;
    for (const std::string& name : names) {
      if (made.contains(name)) continue;
      const auto* of_file = resource::FindTenant(*file, IdOf(name));
      if (of_file != nullptr && of_file->made.value != nullptr) continue;
      auto message = std::make_shared<v1::Tenant>();
      message->set_name(name);
      implied.push_back(std::move(message));
    }
    return implied;
  }

 private:
  static absl::Status NotEmpty(const std::string& name, const std::vector<Entry>& inside) {
    std::vector<aip::Obstacle> obstacles;
    for (const Entry& each : inside) {
      if (obstacles.size() > aip::kMaxReferrers) break;
      obstacles.push_back({"TENANT_NOT_EMPTY", each.name, "delete it first"});
    }
    return aip::FailedPrecondition(
        v1::TENANT_NOT_EMPTY,
        absl::StrCat(name, " has ", inside.size(),
                     " destinations, subscriptions and tokens: delete them first, or set force"),
        obstacles, {{"resource", name}});
  }

  const aip::NamePattern pattern_{"tenants/{tenant}"};
  const std::vector<std::string> filters_ = {"name", "display_name", "labels", "origin.kind",
                                             "create_time"};
  const std::vector<std::string> orders_ = {"name", "display_name", "create_time", "update_time"};
};

}  // namespace

std::unique_ptr<ResourceType> MakeTenantType() { return std::make_unique<TenantType>(); }

}  // namespace carillon::control
