#include <google/protobuf/util/message_differencer.h>

#include <set>
#include <utility>

#include "carillon/aip/field_behavior.h"
#include "carillon/aip/field_mask.h"
#include "map_element.h"

namespace carillon::aip {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::util::MessageDifferencer;

/// Collects the paths of what differs.
class Changes {
 public:
  void Messages(const Message& before, const Message& after, const std::string& prefix) {
    const auto& type = *before.GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      if (IsOutputOnly(field) || field.name() == "etag") continue;
      Field(before, after, field, prefix + field.name());
    }
  }
  std::vector<std::string> paths;

 private:
  void Field(const Message& before, const Message& after, const FieldDescriptor& field,
             const std::string& path) {
    if (field.is_map() && !IsAtomic(field)) return Map(before, after, field, path);
    const Reflection& reflection = *before.GetReflection();
    const bool both = !field.is_repeated() && reflection.HasField(before, &field) &&
                      reflection.HasField(after, &field);
    if (both && field.message_type() != nullptr && !IsAtomic(field)) {
      Messages(reflection.GetMessage(before, &field), reflection.GetMessage(after, &field),
               path + ".");
    } else if (!Same(before, after, field)) {
      paths.push_back(path);
    }
  }

  void Map(const Message& before, const Message& after, const FieldDescriptor& map,
           const std::string& path) {
    std::set<std::string> keys;
    for (const Message* message : {&before, &after}) {
      const Reflection& reflection = *message->GetReflection();
      for (int i = 0; i < reflection.FieldSize(*message, &map); ++i) {
        const Message& pair = reflection.GetRepeatedMessage(*message, &map, i);
        keys.insert(pair.GetReflection()->GetString(pair, map.message_type()->map_key()));
      }
    }
    for (const std::string& key : keys) {
      const int old_one = FindMapElement(before, map, key);
      const int new_one = FindMapElement(after, map, key);
      const bool same = old_one >= 0 && new_one >= 0 &&
                        MessageDifferencer::Equals(
                            before.GetReflection()->GetRepeatedMessage(before, &map, old_one),
                            after.GetReflection()->GetRepeatedMessage(after, &map, new_one));
      if (!same) paths.push_back(path + "." + key);
    }
  }

  /// Of one field, whatever it holds.
  static bool Same(const Message& before, const Message& after, const FieldDescriptor& field) {
    const Reflection& reflection = *before.GetReflection();
    if (!field.is_repeated() &&
        reflection.HasField(before, &field) != reflection.HasField(after, &field)) {
      return false;
    }
    MessageDifferencer differencer;
    const std::vector<const FieldDescriptor*> only = {&field};
    return differencer.CompareWithFields(before, after, only, only);
  }
};

}  // namespace

std::vector<std::string> ChangedPaths(const Message& before, const Message& after) {
  Changes changes;
  changes.Messages(before, after, "");
  return std::move(changes.paths);
}

}  // namespace carillon::aip
