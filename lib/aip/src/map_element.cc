#include "map_element.h"

namespace carillon::aip {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

int FindMapElement(const Message& message, const FieldDescriptor& map, const std::string& key) {
  const Reflection& reflection = *message.GetReflection();
  const FieldDescriptor* key_field = map.message_type()->map_key();
  for (int i = 0; i < reflection.FieldSize(message, &map); ++i) {
    const Message& pair = reflection.GetRepeatedMessage(message, &map, i);
    if (pair.GetReflection()->GetString(pair, key_field) == key) return i;
  }
  return -1;
}

void CopyMapElement(const Message& from, const FieldDescriptor& map, const std::string& key,
                    Message& to) {
  const Reflection& reflection = *to.GetReflection();
  const int source = FindMapElement(from, map, key);
  const int target = FindMapElement(to, map, key);
  if (source < 0) {
    if (target < 0) return;
    reflection.SwapElements(&to, &map, target, reflection.FieldSize(to, &map) - 1);
    reflection.RemoveLast(&to, &map);
    return;
  }
  Message* pair = target < 0 ? reflection.AddMessage(&to, &map)
                             : reflection.MutableRepeatedMessage(&to, &map, target);
  pair->CopyFrom(from.GetReflection()->GetRepeatedMessage(from, &map, source));
}

}  // namespace carillon::aip
