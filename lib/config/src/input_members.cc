#include "input_members.h"

#include <algorithm>
#include <string>

#include "carillon/v1/config.pb.h"
#include "carillon/v1/options.pb.h"
#include "google/api/field_behavior.pb.h"
#include "google/api/resource.pb.h"

namespace carillon::config {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

namespace {

std::vector<const FieldDescriptor*> InputsOf(const Descriptor& type) {
  std::vector<const FieldDescriptor*> inputs;
  for (int i = 0; i < type.field_count(); ++i) {
    if (IsInput(*type.field(i))) inputs.push_back(type.field(i));
  }
  return inputs;
}

}  // namespace

bool IsInput(const FieldDescriptor& field) {
  const auto& options = field.options();
  if (options.GetExtension(v1::rule).file_only()) return true;
  // A file is taken as a whole, so it has no use for what tells who came first.
  const bool is_resource = field.containing_type()->options().HasExtension(google::api::resource);
  if (is_resource && field.name() == "etag") return false;
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == google::api::OUTPUT_ONLY) {
      return false;
    }
  }
  return true;
}

std::vector<std::string_view> InputNames(const Descriptor& type) {
  std::vector<std::string_view> names;
  for (const FieldDescriptor* field : InputsOf(type)) names.push_back(field->name());
  return names;
}

const FieldDescriptor* FindMember(const Descriptor& type, std::string_view name) {
  const std::string text(name);
  const FieldDescriptor* field = type.FindFieldByName(text);
  return field != nullptr ? field : type.FindFieldByCamelcaseName(text);
}

const FieldDescriptor* MeantByList(const Descriptor& type) {
  const auto inputs = InputsOf(type);
  const bool is_list = inputs.size() == 1 && inputs[0]->is_repeated() && !inputs[0]->is_map();
  return is_list ? inputs[0] : nullptr;
}

const FieldDescriptor* MeantByScalar(const Descriptor& type) {
  const FieldDescriptor* value = type.FindFieldByName("value");
  if (value == nullptr || value->real_containing_oneof() == nullptr) return nullptr;
  const auto excludes = [value](const FieldDescriptor* other) {
    return other->real_containing_oneof() == value->real_containing_oneof();
  };
  const bool is_scalar = value->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE;
  return is_scalar && std::ranges::all_of(InputsOf(type), excludes) ? value : nullptr;
}

bool HoldsResources(const FieldDescriptor& field) {
  return field.is_repeated() && field.message_type() != nullptr &&
         field.message_type()->options().HasExtension(google::api::resource);
}

bool HoldsSecret(const Descriptor& type) {
  if (&type == v1::Secret::descriptor() || &type == v1::Authorization::descriptor() ||
      &type == v1::ProxySettings::descriptor()) {
    return true;
  }
  return std::ranges::any_of(InputsOf(type), [](const FieldDescriptor* field) {
    return field->message_type() == v1::Secret::descriptor();
  });
}

}  // namespace carillon::config
