#include "carillon/access/request_plan.h"

#include <algorithm>
#include <utility>

#include "carillon/v1/options.pb.h"
#include "google/api/field_behavior.pb.h"
#include "google/api/resource.pb.h"
#include "resource_types.h"

namespace carillon::access {
namespace {

using google::protobuf::FieldDescriptor;

bool Behaves(const FieldDescriptor& field, google::api::FieldBehavior as) {
  const auto& options = field.options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == as) return true;
  }
  return false;
}

/// Of a resource, or of its parent; nullopt: it concerns no tenant.
std::optional<NameKind> KindOf(Home home, bool parent) {
  switch (home) {
    case Home::kIsTenant:
      return parent ? std::nullopt : std::optional(NameKind::kTenant);
    case Home::kTenant:
      return NameKind::kInTenant;
    case Home::kBoth:
      return NameKind::kEither;
    case Home::kNone:
      break;
  }
  return std::nullopt;
}

/// What other libraries defined says nothing of tenants.
bool IsForeign(const google::protobuf::Descriptor& message) {
  return message.file()->package().starts_with("google.");
}

}  // namespace

RequestPlans::RequestPlans(ResourceTypes types)
    : types_(std::make_unique<const ResourceTypes>(std::move(types))) {}
RequestPlans::~RequestPlans() = default;

const RequestPlan& RequestPlans::Of(const google::protobuf::Descriptor& message) {
  auto& slot = plans_[&message];
  if (slot != nullptr) return *slot;
  slot = std::make_unique<RequestPlan>();
  RequestPlan& plan = *slot;  // the map may grow below, the plan stays
  for (int i = 0; i < message.field_count(); ++i) Take(*message.field(i), plan);
  const auto base =
      std::ranges::find_if(plan.names, [&](const auto& name) { return name.field == plan.base; });
  if (base != plan.names.end()) std::rotate(plan.names.begin(), base, base + 1);
  return plan;
}

void RequestPlans::Take(const FieldDescriptor& field, RequestPlan& plan) {
  if (Behaves(field, google::api::OUTPUT_ONLY)) {
    plan.output_only.push_back(&field);
    return;
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    if (!IsForeign(*field.message_type())) {
      plan.nested.push_back({&field, &Of(*field.message_type())});
    }
    return;
  }
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING) return;
  if (field.options().GetExtension(v1::rule).tenant_id()) {
    plan.names.push_back({&field, NameKind::kTenantId});
  } else if (Behaves(field, google::api::IDENTIFIER)) {
    const std::optional<Home> home = HomeOf(*field.containing_type());
    const auto kind = home ? KindOf(*home, false) : std::optional(NameKind::kEither);
    if (!kind) return;
    plan.names.push_back({&field, *kind});
    plan.base = &field;
  } else if (field.options().HasExtension(google::api::resource_reference)) {
    TakeReference(field, plan);
  }
}

void RequestPlans::TakeReference(const FieldDescriptor& field, RequestPlan& plan) {
  const auto& reference = field.options().GetExtension(google::api::resource_reference);
  const bool parent = !reference.child_type().empty();
  const std::string& type = parent ? reference.child_type() : reference.type();
  const std::optional<Home> home = types_->Find(type);
  if (!home) {
    unknown_types_.insert(type);
    return;
  }
  const std::optional<NameKind> kind = KindOf(*home, parent);
  if (!kind) return;
  plan.names.push_back({&field, *kind});
  if (parent && field.name() == "parent") plan.base = &field;
}

}  // namespace carillon::access
