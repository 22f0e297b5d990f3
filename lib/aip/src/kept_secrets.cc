#include "carillon/aip/field_behavior.h"
#include "carillon/aip/field_mask.h"

namespace carillon::aip {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool HasSource(const Message& secret) {
  const Descriptor& type = *secret.GetDescriptor();
  return secret.GetReflection()->HasOneof(secret, type.FindOneofByName("source"));
}

/// The stored element that has the `name` of the given one; null: there is none.
const Message* OfSameName(const Message& stored, const FieldDescriptor& list,
                          const Message& element) {
  const FieldDescriptor* name = list.message_type()->FindFieldByName("name");
  if (name == nullptr || name->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return nullptr;
  const std::string wanted = element.GetReflection()->GetString(element, name);
  const Reflection& reflection = *stored.GetReflection();
  for (int i = 0; i < reflection.FieldSize(stored, &list); ++i) {
    const Message& other = reflection.GetRepeatedMessage(stored, &list, i);
    if (other.GetReflection()->GetString(other, name) == wanted) return &other;
  }
  return nullptr;
}

void Keep(const FieldDescriptor& field, const Message& stored, Message& given) {
  if (!IsSecret(field)) return KeepSecrets(stored, given);
  if (!HasSource(given)) given.CopyFrom(stored);
}

}  // namespace

void KeepSecrets(const Message& stored, Message& given) {
  const Reflection& reflection = *given.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(given, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_map()) continue;
    if (!field->is_repeated()) {
      if (!reflection.HasField(stored, field)) continue;
      Keep(*field, reflection.GetMessage(stored, field), *reflection.MutableMessage(&given, field));
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(given, field); ++i) {
      Message& element = *reflection.MutableRepeatedMessage(&given, field, i);
      const Message* other = OfSameName(stored, *field, element);
      if (other != nullptr) Keep(*field, *other, element);
    }
  }
}

}  // namespace carillon::aip
