#include "carillon/config/set_member.h"

#include <google/protobuf/descriptor.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/resource/path.h"
#include "carillon/resource/references.h"
#include "from_yaml.h"
#include "input_members.h"
#include "yaml_tree.h"

namespace carillon::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

/// The names of a path, a map's key last; empty when one of them is.
std::vector<std::string> PartsOf(std::string_view path, const Descriptor& type) {
  std::vector<std::string> parts;
  const Descriptor* at = &type;
  while (true) {
    const size_t dot = path.find('.');
    parts.emplace_back(path.substr(0, dot));
    if (parts.back().empty()) return {};
    if (dot == path.npos) return parts;
    path.remove_prefix(dot + 1);
    const FieldDescriptor* field = at == nullptr ? nullptr : FindMember(*at, parts.back());
    if (field != nullptr && field->is_map()) {
      parts.emplace_back(path);
      if (path.empty()) parts.clear();
      return parts;
    }
    at = field == nullptr ? nullptr : field->message_type();
  }
}

YamlNode::Ptr TextNode(std::string_view text) {
  auto node = std::make_shared<YamlNode>();
  node->kind = YamlNode::Kind::kScalar;
  node->text = std::string(text);
  return node;
}

/// The list that the path names; null when it names something else.
const FieldDescriptor* ListAt(const std::vector<std::string>& parts, const Descriptor& type) {
  const Descriptor* at = &type;
  const FieldDescriptor* field = nullptr;
  for (const std::string& part : parts) {
    field = at == nullptr ? nullptr : FindMember(*at, part);
    if (field == nullptr || field->is_map()) return nullptr;
    at = field->is_repeated() ? nullptr : field->message_type();
  }
  return field != nullptr && field->is_repeated() ? field : nullptr;
}

/// Empties the list of that path; messages on the way that are not there are left out.
void ClearList(const std::vector<std::string>& parts, Message& message) {
  Message* at = &message;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    const FieldDescriptor* field = FindMember(*at->GetDescriptor(), parts[i]);
    if (!at->GetReflection()->HasField(*at, field)) return;
    at = at->GetReflection()->MutableMessage(at, field);
  }
  at->GetReflection()->ClearField(at, FindMember(*at->GetDescriptor(), parts.back()));
}

}  // namespace

absl::Status SetMember(std::string_view path, std::string_view value, ValueForm form,
                       Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  const std::vector<std::string> parts = PartsOf(path, type);
  if (parts.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(base::Printable(path), ": must be names with dots between"));
  }
  const FieldDescriptor* const list = ListAt(parts, type);
  YamlNode::Ptr node = TextNode(value);
  if (form == ValueForm::kYaml) {
    absl::StatusOr<YamlNode::Ptr> read = ParseYaml(value);
    if (!read.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(base::ToAbsl(path), ": not YAML: ", read.status().message()));
    }
    node = *std::move(read);
    if (list != nullptr) ClearList(parts, message);
  } else if (list != nullptr) {
    auto items = std::make_shared<YamlNode>();
    items->kind = YamlNode::Kind::kSequence;
    items->items.push_back(std::move(node));
    node = std::move(items);
  }
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    auto map = std::make_shared<YamlNode>();
    map->kind = YamlNode::Kind::kMap;
    map->members.push_back({.name = *part, .value = std::move(node)});
    node = std::move(map);
  }
  const std::unique_ptr<Message> read(message.New());
  resource::NoReferences none;
  resource::Errors errors(none);
  FromYaml(*node, *read, resource::Path(), errors);
  if (!errors.empty()) return absl::InvalidArgumentError(errors.ToString());
  message.MergeFrom(*read);
  return absl::OkStatus();
}

absl::Status FillFromYaml(std::string_view text, Message& message) {
  const absl::StatusOr<YamlNode::Ptr> root = ParseYaml(text);
  if (!root.ok()) return root.status();
  if ((*root)->kind == YamlNode::Kind::kNull) return absl::InvalidArgumentError("it is empty");
  resource::NoReferences none;
  resource::Errors errors(none);
  FromYaml(**root, message, resource::Path(), errors, {.takes_answers = true});
  if (errors.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(errors.ToString());
}

}  // namespace carillon::config
