#include "short_names.h"

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>

#include "absl/strings/str_replace.h"
#include "google/api/resource.pb.h"

namespace carillon::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

/// What stands before the last part of a name by this pattern, `/` included; empty when that is not
/// known.
std::string PrefixOf(const std::string& pattern, const std::string& parent,
                     const std::string& tenant) {
  const size_t last = pattern.rfind('/');
  if (parent.empty()) {
    std::string prefix = absl::StrReplaceAll(pattern.substr(0, last + 1), {{"{tenant}", tenant}});
    return prefix.find('{') == prefix.npos ? prefix : "";
  }
  const size_t collection = pattern.rfind('/', last - 1);
  return parent + pattern.substr(collection, last + 1 - collection);
}

/// `parent`: the name of the resource that `message` is; empty when it is none.
void WriteNames(Message& message, const std::string& parent, const std::string& tenant) {
  const auto& type = *message.GetDescriptor();
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& list = *type.field(i);
    if (!list.is_repeated() || list.message_type() == nullptr) continue;
    const auto& options = list.message_type()->options();
    if (!options.HasExtension(google::api::resource)) continue;
    const std::string& pattern = options.GetExtension(google::api::resource).pattern(0);
    const FieldDescriptor& name = *list.message_type()->FindFieldByName("name");
    for (int at = 0; at < reflection.FieldSize(message, &list); ++at) {
      Message& element = *reflection.MutableRepeatedMessage(&message, &list, at);
      std::string text = element.GetReflection()->GetString(element, &name);
      if (!text.empty() && text.find('/') == text.npos) {
        text.insert(0, PrefixOf(pattern, parent, tenant));
        element.GetReflection()->SetString(&element, &name, text);
      }
      WriteNames(element, text, tenant);
    }
  }
}

}  // namespace

void WriteNamesOut(Message& message, const std::string& tenant) { WriteNames(message, "", tenant); }

}  // namespace carillon::config
