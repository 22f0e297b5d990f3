#include "carillon/resource/visit_secrets.h"

#include <google/protobuf/descriptor.h>

#include <vector>

#include "absl/strings/str_cat.h"

namespace carillon::resource {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using VisitSecret = std::function<absl::Status(v1::Secret&, const std::string&)>;

absl::Status VisitWithin(Message& message, const std::string& path, const VisitSecret& visit) {
  if (auto* const secret = dynamic_cast<v1::Secret*>(&message)) return visit(*secret, path);
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_map()) continue;
    const int size = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      Message& child = field->is_repeated() ? *reflection.MutableRepeatedMessage(&message, field, i)
                                            : *reflection.MutableMessage(&message, field);
      std::string place = path.empty() ? field->name() : absl::StrCat(path, ".", field->name());
      if (field->is_repeated()) absl::StrAppend(&place, "[", i, "]");
      absl::Status status = VisitWithin(child, place, visit);
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status VisitSecrets(Message& message, const VisitSecret& visit) {
  return VisitWithin(message, "", visit);
}

}  // namespace carillon::resource
