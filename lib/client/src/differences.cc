#include "differences.h"

#include <google/protobuf/util/field_mask_util.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "carillon/base/text.h"
#include "carillon/client/table.h"
#include "carillon/config/to_yaml.h"

namespace carillon::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::FieldMaskUtil;

/// The element of a map that a path such as `labels.team` names, as YAML; nullopt: the path leads
/// through no map.
std::optional<std::string> MapElement(const std::string& path, const Message& message) {
  const size_t dot = path.find('.');
  const FieldDescriptor* map = message.GetDescriptor()->FindFieldByName(path.substr(0, dot));
  if (dot == std::string::npos || map == nullptr || !map->is_map()) return std::nullopt;
  const std::string key = path.substr(dot + 1);
  const auto& reflection = *message.GetReflection();
  const std::unique_ptr<Message> alone(message.New());
  for (int i = 0; i < reflection.FieldSize(message, map); ++i) {
    const Message& pair = reflection.GetRepeatedMessage(message, map, i);
    if (pair.GetReflection()->GetString(pair, map->message_type()->map_key()) != key) continue;
    reflection.AddMessage(alone.get(), map)->CopyFrom(pair);
    return config::ToYaml(*alone);
  }
  return "";
}

std::string MemberAt(const std::string& path, const Message& message) {
  if (auto element = MapElement(path, message)) return *std::move(element);
  google::protobuf::FieldMask mask;
  mask.add_paths(path);
  const std::unique_ptr<Message> alone(message.New());
  FieldMaskUtil::MergeMessageTo(message, mask, FieldMaskUtil::MergeOptions(), alone.get());
  std::vector<const FieldDescriptor*> fields;
  alone->GetReflection()->ListFields(*alone, &fields);
  return fields.empty() ? "" : config::ToYaml(*alone);
}

void AddLines(const std::string& yaml, const char* sign, Tone tone, bool color, std::string& text) {
  for (const auto& line : absl::StrSplit(yaml, '\n', absl::SkipEmpty())) {
    absl::StrAppend(&text, "  ", Toned(absl::StrCat(sign, line), tone, color), "\n");
  }
}

}  // namespace

std::vector<Difference> DifferencesAt(const std::vector<std::string>& paths, const Message& before,
                                      const Message& after) {
  std::vector<Difference> differences;
  for (const std::string& path : paths) {
    differences.push_back({MemberAt(path, before), MemberAt(path, after)});
  }
  return differences;
}

std::string FormatDifferences(const std::vector<Difference>& differences, bool color) {
  std::string text;
  for (const Difference& each : differences) {
    AddLines(each.before, "- ", Tone::kBad, color, text);
    AddLines(each.after, "+ ", Tone::kGood, color, text);
  }
  return text;
}

}  // namespace carillon::client
