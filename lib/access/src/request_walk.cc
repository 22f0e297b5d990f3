#include "request_walk.h"

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"

namespace carillon::access {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::string_view kTenantPrefix = "tenants/";
constexpr std::string_view kDefaultTenant = "default";
constexpr int kSingular = -1;

/// How often the field is there: 0 or 1 unless it is repeated.
int Count(const Message& message, const FieldDescriptor& field) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) return reflection.FieldSize(message, &field);
  return field.has_presence() && !reflection.HasField(message, &field) ? 0 : 1;
}

const std::string& TextAt(const Message& message, const FieldDescriptor& field, int index,
                          std::string& scratch) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  return index == kSingular
             ? reflection.GetStringReference(message, &field, &scratch)
             : reflection.GetRepeatedStringReference(message, &field, index, &scratch);
}

Message& MessageAt(Message& message, const FieldDescriptor& field, int index) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  return index == kSingular ? *reflection.MutableMessage(&message, &field)
                            : *reflection.MutableRepeatedMessage(&message, &field, index);
}

}  // namespace

absl::Status RequestWalk::Check(const RequestPlan& plan, Message& request) {
  const bool allowed = Visit(plan, request, false);
  if (!allowed) {
    const std::string field = Path();
    return aip::MakeError(v1::TENANT_FORBIDDEN,
                          absl::StrCat(field, ": not in a tenant of the caller"),
                          {{"field", field}});
  }
  if (in_tenants_ && !named_ && !principal_.all_tenants) {
    return aip::MakeError(v1::TENANT_FORBIDDEN,
                          "the request names no tenant, which is for callers of all tenants: name "
                          "one of the caller's");
  }
  return absl::OkStatus();
}

bool RequestWalk::Visit(const RequestPlan& plan, Message& message, bool based) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  for (const FieldDescriptor* const field : plan.output_only) {
    reflection.ClearField(&message, field);
  }
  std::string scratch;
  const auto each = [&](const FieldDescriptor& field, const auto& visit) {
    const int count = Count(message, field);
    for (int i = 0; i < count; ++i) {
      const int index = field.is_repeated() ? i : kSingular;
      path_.emplace_back(&field, index);
      if (!visit(index)) return false;
      path_.pop_back();
    }
    return true;
  };
  for (const RequestPlan::Name& name : plan.names) {
    bool leads = based;
    const bool allowed = each(*name.field, [&](int index) {
      return Allows(name.kind, TextAt(message, *name.field, index, scratch), leads);
    });
    if (!allowed) return false;
    if (name.field == plan.base) based = leads;
  }
  for (const RequestPlan::Nested& nested : plan.nested) {
    const bool allowed = each(*nested.field, [&](int index) {
      return Visit(*nested.plan, MessageAt(message, *nested.field, index), based);
    });
    if (!allowed) return false;
  }
  return true;
}

bool RequestWalk::Allows(NameKind kind, const std::string& value, bool& based) {
  if (kind == NameKind::kTenantId) {
    return AllowsTenant(value.empty() ? kDefaultTenant : std::string_view(value));
  }
  if (value.empty()) return true;
  const std::string_view text = value;
  if (text.starts_with(kTenantPrefix)) {
    const std::string_view rest = text.substr(kTenantPrefix.size());
    based = AllowsTenant(rest.substr(0, rest.find('/')));
    return based;
  }
  const bool is_short = text.find('/') == std::string_view::npos;
  if (is_short && kind == NameKind::kTenant) return AllowsTenant(text);
  if (is_short && based) return true;
  based = false;
  return principal_.all_tenants;
}

bool RequestWalk::AllowsTenant(std::string_view tenant) {
  // "-" stands for all of them, and is nobody's id.
  const bool allowed = principal_.all_tenants || (tenant != "-" && principal_.MayEnter(tenant));
  named_ = named_ || allowed;
  return allowed;
}

std::string RequestWalk::Path() const {
  std::string path;
  for (const auto& [field, index] : path_) {
    absl::StrAppend(&path, path.empty() ? "" : ".", field->name());
    if (index != kSingular) absl::StrAppend(&path, "[", index, "]");
  }
  return path;
}

}  // namespace carillon::access
