#include "find_resource_lines.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "input_members.h"

namespace carillon::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

/// Of `node`, which was read into `message`.
void AddWithin(const YamlNode& node, const Message& message, ResourceLines& lines) {
  const auto& reflection = *message.GetReflection();
  for (const YamlNode::Member& member : node.members) {
    const FieldDescriptor* field = FindMember(*message.GetDescriptor(), member.name);
    if (field == nullptr || !HoldsResources(*field)) continue;
    const auto& items = member.value->items;
    if (static_cast<size_t>(reflection.FieldSize(message, field)) != items.size()) continue;
    for (size_t i = 0; i < items.size(); ++i) {
      const Message& resource = reflection.GetRepeatedMessage(message, field, static_cast<int>(i));
      const FieldDescriptor* name = resource.GetDescriptor()->FindFieldByName("name");
      if (name == nullptr || items[i]->members.empty()) continue;
      lines.Add(resource.GetReflection()->GetString(resource, name),
                items[i]->members.front().line);
      AddWithin(*items[i], resource, lines);
    }
  }
}

}  // namespace

ResourceLines FindResourceLines(const YamlNode& root, const v1::Config& given) {
  ResourceLines lines;
  AddWithin(root, given, lines);
  return lines;
}

}  // namespace carillon::config
