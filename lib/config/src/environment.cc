#include "environment.h"

#include <google/protobuf/text_format.h>

#include <array>
#include <cstdlib>
#include <string>

#include "carillon/base/text.h"
#include "scalar_from_yaml.h"
#include "yaml_tree.h"

namespace carillon::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kMaxValueBytes = 4096;

/// A member of `server` or `journal` that a variable can set.
struct SettableMember {
  const char* name;
  const char* section;
  const char* member;
};

constexpr std::array<SettableMember, 4> kVariables = {
    {{"CARILLON_PUBLISH_ADDRESS", "server", "publish_address"},
     {"CARILLON_ADMIN_ADDRESS", "server", "admin_address"},
     {"CARILLON_DATA_DIR", "journal", "data_dir"},
     {"CARILLON_LOG_LEVEL", "server", "log_level"}}};

Message& Section(const SettableMember& variable, v1::Config& config) {
  const FieldDescriptor* field = config.GetDescriptor()->FindFieldByName(variable.section);
  return *config.GetReflection()->MutableMessage(&config, field);
}

/// The member's value as text; empty when it is not set.
std::string Shown(const Message& message, const FieldDescriptor& field) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (!reflection.HasField(message, &field)) return "";
  std::string text;
  google::protobuf::TextFormat::PrintFieldValueToString(message, &field, -1, &text);
  return text;
}

}  // namespace

resource::Surroundings ProcessSurroundings() {
  return {.variable = [](const char* name) -> const char* { return std::getenv(name); },
          .limits = base::ReadContainerLimits()};
}

std::vector<Override> ApplyEnvironment(const resource::Surroundings& surroundings,
                                       v1::Config& given, resource::Errors& errors) {
  std::vector<Override> overrides;
  if (!surroundings.variable) return overrides;
  const resource::Path root;
  for (const SettableMember& variable : kVariables) {
    const char* found = surroundings.variable(variable.name);
    const std::string value(found == nullptr ? "" : found);
    if (value.empty()) continue;
    const resource::Path section = root.Member(variable.section);
    const resource::Path member = section.Member(variable.member);
    errors.ComesFrom(member, variable.name);
    if (value.size() > kMaxValueBytes || base::FindInvalidUtf8(value)) {
      errors.Add(member, "must be UTF-8 of at most 4096 bytes");
      continue;
    }
    Message& message = Section(variable, given);
    const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(variable.member);
    const std::string before = Shown(message, *field);
    const YamlNode node{.kind = YamlNode::Kind::kScalar, .plain = true, .text = value};
    ReadScalarField(node, message, *field, member, errors);
    overrides.push_back({.variable = variable.name,
                         .member = member.ToString(),
                         .differs = !before.empty() && Shown(message, *field) != before});
  }
  return overrides;
}

}  // namespace carillon::config
