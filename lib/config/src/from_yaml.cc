#include "from_yaml.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "carillon/base/similar.h"
#include "carillon/base/text.h"
#include "carillon/v1/config.pb.h"
#include "carillon/v1/destination.pb.h"
#include "input_members.h"
#include "old_members.h"
#include "scalar_from_yaml.h"
#include "short_names.h"

namespace carillon::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

/// Names of members as a schema has them; else the name is not repeated.
bool IsMemberName(std::string_view name) {
  constexpr size_t kMaxNameBytes = 40;
  return name.size() <= kMaxNameBytes && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || c == '_' || c == '-' || (c >= '0' && c <= '9');
         });
}

/// Whether `node` says that one of several members that exclude each other is not meant: it is then
/// as if it were left out.
bool SaysNo(const YamlNode& node, const FieldDescriptor& field) {
  return field.real_containing_oneof() != nullptr &&
         field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL &&
         node.kind == YamlNode::Kind::kScalar && node.plain && node.text == "false";
}

/// A list that is there but empty would be taken for one that was left out.
bool MayBeEmpty(const FieldDescriptor& field) {
  return field.containing_type() != v1::Delays::descriptor();
}

class Reader {
 public:
  Reader(resource::Errors& errors, bool takes_answers)
      : errors_(errors), takes_answers_(takes_answers) {}

  void ReadMessage(const YamlNode& node, Message& message, const resource::Path& path);

 private:
  /// False, with an error, when another member stands where only one of them can.
  bool TakesPlace(const Message& message, const FieldDescriptor& field, const resource::Path& path);
  void ReadField(const YamlNode& node, Message& message, const FieldDescriptor& field,
                 const resource::Path& path);
  void ReadMap(const YamlNode& node, Message& message, const FieldDescriptor& field,
               const resource::Path& path);
  void ReadList(const YamlNode& node, Message& message, const FieldDescriptor& field,
                const resource::Path& path);
  void ReadValue(const YamlNode& node, Message& message, const FieldDescriptor& field,
                 const resource::Path& path);
  void ReadMessageOrWhatStandsForIt(const YamlNode& node, Message& message,
                                    const resource::Path& path);

  resource::Errors& errors_;
  const bool takes_answers_;
};

void Reader::ReadMessage(const YamlNode& node, Message& message, const resource::Path& path) {
  if (node.kind != YamlNode::Kind::kMap) {
    errors_.Add(path, "must be a mapping of members");
    return;
  }
  const Descriptor& type = *message.GetDescriptor();
  absl::flat_hash_set<int> seen;
  for (const YamlNode::Member& member : node.members) {
    if (errors_.full()) return;
    const FieldDescriptor* field = FindMember(type, member.name);
    if (field == nullptr) {
      AddUnknownMember(member.name, type, path, errors_);
    } else if (!takes_answers_ && !IsInput(*field)) {
      errors_.Add(path.Member(field->name()), "stands in answers only; delete it here");
    } else if (!seen.insert(field->number()).second) {
      errors_.Add(path.Member(field->name()), "stands here twice");
    } else if (member.value->kind != YamlNode::Kind::kNull && !SaysNo(*member.value, *field) &&
               TakesPlace(message, *field, path)) {
      ReadField(*member.value, message, *field, path.Member(field->name()));
    }
  }
}

bool Reader::TakesPlace(const Message& message, const FieldDescriptor& field,
                        const resource::Path& path) {
  const auto* oneof = field.real_containing_oneof();
  if (oneof == nullptr || !message.GetReflection()->HasOneof(message, oneof)) return true;
  std::vector<std::string_view> names;
  for (int i = 0; i < oneof->field_count(); ++i) names.push_back(oneof->field(i)->name());
  errors_.Add(path, absl::StrCat("must have at most one of ",
                                 absl::StrJoin(names, ", ", [](std::string* out, auto name) {
                                   out->append(name);
                                 })));
  return false;
}

void Reader::ReadField(const YamlNode& node, Message& message, const FieldDescriptor& field,
                       const resource::Path& path) {
  if (field.is_map()) {
    ReadMap(node, message, field, path);
  } else if (field.is_repeated()) {
    ReadList(node, message, field, path);
  } else {
    ReadValue(node, message, field, path);
  }
}

void Reader::ReadMap(const YamlNode& node, Message& message, const FieldDescriptor& field,
                     const resource::Path& path) {
  if (node.kind != YamlNode::Kind::kMap) {
    errors_.Add(path, "must be a mapping of names to values");
    return;
  }
  const Descriptor& entry = *field.message_type();
  absl::flat_hash_set<std::string> seen;
  for (const YamlNode::Member& member : node.members) {
    if (errors_.full()) return;
    const resource::Path place = path.Member(member.name);
    if (!seen.insert(member.name).second) {
      errors_.Add(place, "stands here twice");
    } else if (member.value->kind != YamlNode::Kind::kNull) {
      Message& added = *message.GetReflection()->AddMessage(&message, &field);
      added.GetReflection()->SetString(&added, entry.map_key(), member.name);
      ReadValue(*member.value, added, *entry.map_value(), place);
    }
  }
}

void Reader::ReadList(const YamlNode& node, Message& message, const FieldDescriptor& field,
                      const resource::Path& path) {
  if (node.kind != YamlNode::Kind::kSequence) {
    errors_.Add(path, "must be a list");
    return;
  }
  if (node.items.empty() && !MayBeEmpty(field)) {
    errors_.Add(path, "must not be empty; `none: true` is never to try again");
    return;
  }
  for (size_t i = 0; i < node.items.size() && !errors_.full(); ++i) {
    const resource::Path element = path.At(static_cast<int>(i));
    if (node.items[i]->kind == YamlNode::Kind::kNull) {
      errors_.Add(element, "must not be empty");
    } else {
      ReadValue(*node.items[i], message, field, element);
    }
  }
}

void Reader::ReadValue(const YamlNode& node, Message& message, const FieldDescriptor& field,
                       const resource::Path& path) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    ReadScalarField(node, message, field, path, errors_);
    return;
  }
  const auto& reflection = *message.GetReflection();
  Message& child = field.is_repeated() ? *reflection.AddMessage(&message, &field)
                                       : *reflection.MutableMessage(&message, &field);
  if (field.message_type() == google::protobuf::Duration::descriptor()) {
    ReadDuration(node, static_cast<google::protobuf::Duration&>(child), path, errors_);
  } else if (field.message_type() == google::protobuf::Timestamp::descriptor()) {
    ReadTimestamp(node, static_cast<google::protobuf::Timestamp&>(child), path, errors_);
  } else if (field.message_type() == v1::Scalar::descriptor()) {
    ReadScalar(node, static_cast<v1::Scalar&>(child), path, errors_);
  } else {
    ReadMessageOrWhatStandsForIt(node, child, path);
  }
}

void Reader::ReadMessageOrWhatStandsForIt(const YamlNode& node, Message& message,
                                          const resource::Path& path) {
  const Descriptor& type = *message.GetDescriptor();
  const FieldDescriptor* list = MeantByList(type);
  const FieldDescriptor* scalar = MeantByScalar(type);
  if (list != nullptr && node.kind == YamlNode::Kind::kSequence) {
    ReadList(node, message, *list, path.Member(list->name()));
  } else if (scalar != nullptr && node.kind == YamlNode::Kind::kScalar) {
    ReadScalarField(node, message, *scalar, path.Member(scalar->name()), errors_);
  } else {
    ReadMessage(node, message, path);
  }
}

}  // namespace

void AddUnknownMember(const std::string& name, const Descriptor& type, const resource::Path& path,
                      resource::Errors& errors) {
  if (const OldMember* old = FindOldMember(type, name)) {
    return errors.Add(path.Member(name),
                      SayWhatItIsNow(*old) + "; `carillon config migrate` rewrites the file");
  }
  std::vector<std::string_view> known = InputNames(type);
  const std::string suggestion = base::DidYouMean(name, known);
  std::ranges::sort(known);
  const std::string message = absl::StrCat(
      "unknown member; known: ",
      absl::StrJoin(known, ", ", [](std::string* out, std::string_view s) { out->append(s); }),
      suggestion);
  // What stands where a key's member should may be the key.
  const bool secret = (HoldsSecret(type) && suggestion.empty()) || !IsMemberName(name);
  errors.Add(secret ? path : path.Member(name), message);
}

void FromYaml(const YamlNode& node, Message& message, const resource::Path& path,
              resource::Errors& errors, const Reading& how) {
  Reader(errors, how.takes_answers).ReadMessage(node, message, path);
  WriteNamesOut(message, how.tenant);
}

}  // namespace carillon::config
