#include "setting_sources.h"

#include <google/protobuf/descriptor.h>

#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/v1/config.pb.h"
#include "input_members.h"

namespace carillon::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

using SourcesByPath = std::map<std::string, v1::SettingSource>;

/// What is a message in the schema and has members in YAML, too.
const Descriptor* TypeWithMembers(const FieldDescriptor& field) {
  const Descriptor* type = field.is_repeated() ? nullptr : field.message_type();
  const bool ours = type != nullptr && type->file()->package() == "carillon.v1";
  return ours && type != v1::Scalar::descriptor() ? type : nullptr;
}

/// What the file names instead of a value: `env: MASTER_KEY`.
std::string ReferenceIn(const YamlNode& node) {
  for (const YamlNode::Member& member : node.members) {
    const bool names = member.name == "env" || member.name == "file";
    if (names && member.value->kind == YamlNode::Kind::kScalar) {
      return absl::StrCat(member.name, ": ", member.value->text);
    }
  }
  return "";
}

class SourceWalk {
 public:
  explicit SourceWalk(SourcesByPath& found) : found_(found) {}

  /// `path` is that of the message, with a dot behind it.
  void WalkMembers(const YamlNode& node, const Descriptor& type, const std::string& path) {
    for (const YamlNode::Member& member : node.members) {
      const FieldDescriptor* field = FindMember(type, member.name);
      if (field == nullptr || member.value->kind == YamlNode::Kind::kNull) continue;
      const bool resources = &type == v1::Config::descriptor() && field->is_repeated();
      if (!resources) WalkField(member, *field, absl::StrCat(path, field->name()));
    }
  }

 private:
  void WalkField(const YamlNode::Member& member, const FieldDescriptor& field, std::string path) {
    const Descriptor* type = TypeWithMembers(field);
    if (type == nullptr) return Add(member, std::move(path));
    if (MeantByScalar(*type) != nullptr) {
      const std::string reference = ReferenceIn(*member.value);
      return Add(member, std::move(path), reference);
    }
    const FieldDescriptor* list = MeantByList(*type);
    if (list != nullptr && member.value->kind == YamlNode::Kind::kSequence) {
      return Add(member, absl::StrCat(path, ".", list->name()));
    }
    WalkMembers(*member.value, *type, absl::StrCat(path, "."));
  }

  void Add(const YamlNode::Member& member, std::string path, const std::string& reference = "") {
    v1::SettingSource& source = found_[std::move(path)];
    source.set_line(member.line);
    source.set_reference(reference);
  }

  SourcesByPath& found_;
};

}  // namespace

v1::SettingSources FindSettingSources(const YamlNode& root,
                                      const std::vector<Override>& overrides) {
  SourcesByPath found;
  SourceWalk(found).WalkMembers(root, *v1::Config::descriptor(), "");
  for (const Override& override : overrides) {
    found[override.member].set_variable(override.variable);
  }
  v1::SettingSources sources;
  for (auto& [path, source] : found) {
    source.set_path(path);
    *sources.add_sources() = std::move(source);
  }
  return sources;
}

}  // namespace carillon::config
