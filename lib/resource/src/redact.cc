#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "carillon/resource/to_message.h"

namespace carillon::resource {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

/// All members of carillon.v1 that hold a secret.
constexpr std::array<std::string_view, 6> kSecretMembers = {
    "carillon.v1.Basic.secret",  "carillon.v1.Bearer.secret", "carillon.v1.Header.value",
    "carillon.v1.OAuth2.secret", "carillon.v1.Key.secret",    "carillon.v1.Tls.client_key"};

}  // namespace

bool HoldsSecret(const FieldDescriptor& field) {
  return std::ranges::find(kSecretMembers, std::string_view(field.full_name())) !=
         kSecretMembers.end();
}

void Redact(Message& message) {
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (HoldsSecret(*field)) {
      reflection.ClearField(&message, field);
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    } else if (!field->is_repeated()) {
      Redact(*reflection.MutableMessage(&message, field));
    } else {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        Redact(*reflection.MutableRepeatedMessage(&message, field, i));
      }
    }
  }
}

}  // namespace carillon::resource
