#include "carillon/aip/field_behavior.h"

#include <algorithm>

#include "carillon/v1/options.pb.h"
#include "google/api/field_behavior.pb.h"

namespace carillon::aip {
namespace {

using google::api::FieldBehavior;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool Behaves(const FieldDescriptor& field, FieldBehavior behavior) {
  const auto& options = field.options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == behavior) return true;
  }
  return false;
}

bool IsThere(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) return reflection.FieldSize(message, &field) > 0;
  return reflection.HasField(message, &field);  // without presence: it is not the default
}

}  // namespace

bool IsRequired(const FieldDescriptor& field) { return Behaves(field, google::api::REQUIRED); }
bool IsOutputOnly(const FieldDescriptor& field) { return Behaves(field, google::api::OUTPUT_ONLY); }
bool IsImmutable(const FieldDescriptor& field) { return Behaves(field, google::api::IMMUTABLE); }
bool IsIdentifier(const FieldDescriptor& field) { return Behaves(field, google::api::IDENTIFIER); }

bool IsSecret(const FieldDescriptor& field) {
  return field.message_type() != nullptr &&
         field.message_type()->full_name() == "carillon.v1.Secret";
}

bool IsAtomic(const FieldDescriptor& field) {
  if (field.options().GetExtension(v1::rule).atomic()) return true;
  if (field.message_type() == nullptr) return false;
  return IsSecret(field) || field.message_type()->file()->package() == "google.protobuf";
}

void ClearOutputOnly(Message& message) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (IsOutputOnly(*field)) {
      reflection.ClearField(&message, field);
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_map()) {
      continue;  // the contract's maps hold texts
    } else if (!field->is_repeated()) {
      ClearOutputOnly(*reflection.MutableMessage(&message, field));
    } else {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        ClearOutputOnly(*reflection.MutableRepeatedMessage(&message, field, i));
      }
    }
  }
}

std::vector<FieldViolation> MissingFields(const Message& request) {
  std::vector<FieldViolation> missing;
  const auto& type = *request.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (IsRequired(field) && !IsThere(request, field)) {
      missing.push_back({field.name(), "REQUIRED", "must be set"});
    }
  }
  return missing;
}

}  // namespace carillon::aip
