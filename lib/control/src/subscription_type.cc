#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/control/resource_type.h"
#include "carillon/model/built_in.h"
#include "carillon/resource/name.h"
#include "carillon/resource/read_one.h"
#include "carillon/resource/to_message.h"
#include "carillon/v1/destination.pb.h"
#include "random_id.h"
#include "read_errors.h"

namespace carillon::control {
namespace {

using google::protobuf::Message;

/// Whether there is such a destination, wherever it is defined.
bool HasDestination(const std::string& tenant, const std::string& id, const View& view) {
  const std::string name = resource::MakeName(tenant, resource::kDestinations, id);
  if (view.Find(name).message != nullptr) return true;
  const resource::SnapshotPtr file = view.file();
  const resource::TenantResources* of_file = resource::FindTenant(*file, tenant);
  if (of_file == nullptr) return false;
  const auto at = std::ranges::lower_bound(
      of_file->destinations, id, {},
      [](const auto& has) -> const std::string& { return has.value->name; });
  return at != of_file->destinations.end() && at->value->name == id;
}

/// The ids of the destinations of a tenant, wherever they are defined; those alone that the
/// subscription names if it has them all.
std::vector<std::string> DestinationsFor(const v1::Subscription& subscription,
                                         const std::string& tenant, const View& view) {
  std::vector<std::string> ids;
  bool all = true;
  for (const std::string& name : subscription.destinations()) {
    std::string id = name.substr(name.rfind('/') + 1);
    all = all && HasDestination(tenant, id, view);
    if (std::ranges::find(ids, id) == ids.end()) ids.push_back(std::move(id));
  }
  if (all) return ids;
  ids.clear();
  const std::string prefix =
      resource::MakeName(tenant, resource::kDestinations, std::string_view());
  for (const Entry& entry : view.List(prefix)) ids.push_back(entry.name.substr(prefix.size()));
  for (const resource::TenantPtr& resources : view.file()->tenants) {
    if (resources->tenant != tenant) continue;
    for (const auto& destination : resources->destinations) ids.push_back(destination.value->name);
  }
  return ids;
}

/// The types that a subscription may name: all but archived ones, unless it names them already.
std::vector<std::string> TypesFor(const std::string& subscription, const View& view) {
  const resource::SnapshotPtr file = view.file();
  const resource::SnapshotPtr stored = view.stored();
  std::vector<std::string> types;
  types.reserve(file->types->size() + stored->types->size());
  std::ranges::merge(*file->types, *stored->types, std::back_inserter(types));
  const Entry before = view.Find(subscription);
  for (const schema::EventTypePtr& type : *stored->event_types) {
    if (!type->archived) continue;
    const auto* named = static_cast<const v1::Subscription*>(before.message.get());
    if (named == nullptr || std::ranges::find(named->types(), type->name) == named->types().end()) {
      std::erase(types, type->name);
    }
  }
  return types;
}

class SubscriptionType final : public ResourceType {
 public:
  const Message& prototype() const override { return v1::Subscription::default_instance(); }
  std::string_view type() const override { return "carillon/Subscription"; }
  std::string_view member() const override { return "subscription"; }
  const aip::NamePattern& pattern() const override { return pattern_; }
  const std::vector<std::string>& filters() const override { return filters_; }
  const std::vector<std::string>& orders() const override { return orders_; }

  absl::StatusOr<Value> Read(const Message& message, const View& view,
                             bool trusted) const override {
    const auto& given = static_cast<const v1::Subscription&>(message);
    const auto name = resource::ParseName(given.name(), resource::kSubscriptions);
    std::vector<std::string> destinations;
    std::vector<std::string> types;
    resource::Around around;
    if (!trusted && name) {
      destinations = DestinationsFor(given, std::string(name->tenant), view);
      types = TypesFor(given.name(), view);
      around = {.rules = nullptr, .types = &types, .destinations = &destinations};
    }
    resource::NoReferences none;
    resource::Errors errors(none, aip::kMaxViolations);
    const resource::Path root;
    auto value = std::make_shared<model::Subscription>(
        resource::ReadOne(given, around, root.Member("subscription"), errors));
    if (!errors.empty()) return ToStatus(errors);
    return Value(std::shared_ptr<const model::Subscription>(std::move(value)));
  }

  std::string MakeId(const Message&) const override { return RandomId("subscription"); }
  absl::Status Prepare(Message&, base::WallTime) const override { return absl::OkStatus(); }

  void Normalize(Message& message) const override {
    auto& subscription = static_cast<v1::Subscription&>(message);
    const auto name = resource::ParseName(subscription.name(), resource::kSubscriptions);
    if (!name) return;
    for (std::string& destination : *subscription.mutable_destinations()) {
      if (destination.empty() || destination.find('/') != std::string::npos) continue;
      destination = resource::MakeName(name->tenant, resource::kDestinations, destination);
    }
  }

  std::map<std::string, std::string> instead() const override { return {}; }
  absl::Status Delete(const Entry&, const View&, bool, std::vector<Edit>&) const override {
    return absl::OkStatus();
  }

  std::vector<MessagePtr> OfFile(const resource::Snapshot& file,
                                 std::string_view tenant) const override {
    std::vector<MessagePtr> found;
    for (const resource::TenantPtr& resources : file.tenants) {
      if (!tenant.empty() && resources->tenant != tenant) continue;
      for (const auto& subscription : resources->subscriptions) {
        auto message = std::make_shared<v1::Subscription>(resource::ToMessage(*subscription.value));
        message->set_name(resource::MakeName(resources->tenant, resource::kSubscriptions,
                                             subscription.value->name));
        Normalize(*message);
        message->mutable_origin()->set_kind(v1::Origin::FILE);
        found.push_back(std::move(message));
      }
    }
    return found;
  }

 private:
  const aip::NamePattern pattern_{"tenants/{tenant}/subscriptions/{subscription}"};
  const std::vector<std::string> filters_ = {"name",         "display_name", "types",
                                             "destinations", "disabled",     "labels",
                                             "origin.kind",  "create_time"};
  const std::vector<std::string> orders_ = {"name", "create_time", "update_time"};
};

}  // namespace

std::unique_ptr<ResourceType> MakeSubscriptionType() {
  return std::make_unique<SubscriptionType>();
}

}  // namespace carillon::control
