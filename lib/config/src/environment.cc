#include "environment.h"

#include <array>
#include <cstdlib>
#include <string>

#include "carillon/base/text.h"

namespace carillon::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kMaxValueBytes = 4096;

/// A string member of `server` or `journal` that a variable can set.
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
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    if (reflection.HasField(message, field) && reflection.GetString(message, field) != value) {
      overrides.push_back({variable.name, member.ToString()});
    }
    reflection.SetString(&message, field, value);
  }
  return overrides;
}

}  // namespace carillon::config
