#include <google/protobuf/descriptor.h>

#include <string>

#include "member_list.h"
#include "well_known.h"

namespace carillon::schema {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

MemberKind KindOfMessage(const Descriptor& type) {
  switch (WellKnownOf(type)) {
    case WellKnown::kNone:
    case WellKnown::kStruct:
      return MemberKind::kObject;
    case WellKnown::kListValue:
      return MemberKind::kList;
    case WellKnown::kValue:
      return MemberKind::kAny;
    case WellKnown::kTimestamp:
    case WellKnown::kDuration:
    case WellKnown::kFieldMask:
      return MemberKind::kText;
    case WellKnown::kWrapper:
      break;
  }
  return MemberKind::kAny;
}

/// Of one value: what a field has that is no list.
MemberKind KindOfValue(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return MemberKind::kBoolean;
    case FieldDescriptor::CPPTYPE_STRING:
    case FieldDescriptor::CPPTYPE_ENUM:
      return MemberKind::kText;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
    default:
      return MemberKind::kNumber;
  }
  const Descriptor& type = *field.message_type();
  if (WellKnownOf(type) == WellKnown::kWrapper) return KindOfValue(*type.field(0));
  return KindOfMessage(type);
}

MemberKind KindOfField(const FieldDescriptor& field) {
  if (field.is_map()) return MemberKind::kObject;
  return field.is_repeated() ? MemberKind::kList : KindOfValue(field);
}

void AddValues(const FieldDescriptor& field, PayloadMember& to) {
  if (field.is_repeated() || field.cpp_type() != FieldDescriptor::CPPTYPE_ENUM) return;
  const google::protobuf::EnumDescriptor& type = *field.enum_type();
  for (int i = 0; i < type.value_count() && to.values.size() < kMaxMemberValues; ++i) {
    const std::string& name = type.value(i)->name();
    if (name.size() + 2 <= kMaxMemberValueBytes) to.values.push_back("\"" + name + "\"");
  }
}

void AddOfMessage(const Descriptor& type, std::vector<std::string>& names, MemberList& to) {
  if (names.size() >= kMaxMemberDepth) return;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    names.push_back(field.json_name());
    if (PayloadMember* const found = to.Add(names)) {
      found->kind = KindOfField(field);
      AddValues(field, *found);
      const bool inside = !field.is_repeated() && field.message_type() != nullptr &&
                          WellKnownOf(*field.message_type()) == WellKnown::kNone;
      if (inside) AddOfMessage(*field.message_type(), names, to);
    }
    names.pop_back();
  }
}

}  // namespace

void AddMessageMembers(const Descriptor& type, MemberList& to) {
  std::vector<std::string> names;
  AddOfMessage(type, names, to);
}

}  // namespace carillon::schema
