#include "differences.h"

#include <google/protobuf/util/field_mask_util.h>

#include <memory>
#include <optional>
#include <utility>

#include "carillon/config/to_yaml.h"
#include "carillon/resource/to_message.h"
#include "carillon/resource/visit_secrets.h"
#include "carillon/v1/resource.pb.h"

namespace carillon::control {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::FieldMaskUtil;

/// Puts in place of each secret what people can tell it by.
absl::Status MarkSecret(v1::Secret& secret, const std::string&) {
  std::string mark = secret.set() ? "***" + secret.last_characters() : "";
  secret.Clear();
  if (!mark.empty()) secret.set_value(std::move(mark));
  return absl::OkStatus();
}

std::unique_ptr<Message> Marked(const Message& message) {
  std::unique_ptr<Message> marked(message.New());
  marked->CopyFrom(message);
  resource::Redact(*marked);
  resource::VisitSecrets(*marked, &MarkSecret).IgnoreError();  // marking does not fail
  return marked;
}

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
  return fields.empty() ? "" : config::ToYaml(*alone, config::YamlMembers::kInput);
}

}  // namespace

void AddDifferences(const Message* before, const Message* after,
                    const std::vector<std::string>& paths,
                    v1::ApplyConfigResponse::Change& change) {
  if (before == nullptr || after == nullptr) {
    v1::ApplyConfigResponse::Difference& whole = *change.add_differences();
    const Message* const there = before != nullptr ? before : after;
    (before != nullptr ? whole.mutable_before() : whole.mutable_after())
        ->assign(config::ToYaml(*Marked(*there), config::YamlMembers::kInput));
    return;
  }
  const std::unique_ptr<Message> was = Marked(*before);
  const std::unique_ptr<Message> is = Marked(*after);
  for (const std::string& path : paths) {
    v1::ApplyConfigResponse::Difference& difference = *change.add_differences();
    difference.set_path(path);
    difference.set_before(MemberAt(path, *was));
    difference.set_after(MemberAt(path, *is));
  }
}

}  // namespace carillon::control
