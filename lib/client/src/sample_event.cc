#include "carillon/client/sample_event.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/model/built_in.h"

namespace carillon::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int64_t kBeyondDoubles = 9'007'199'254'740'993;
constexpr int kCount = 4;
constexpr int64_t kSampleTime = 1'767'225'600;  // 2026-01-01T00:00:00Z

/// What would say the opposite of the rest, or has a better value when it is not given.
bool IsLeftOut(const FieldDescriptor& field) {
  return field.name() == "error" || field.name() == "timestamp";
}

void FillMembers(Message& message) {
  const auto& type = *message.GetDescriptor();
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (IsLeftOut(*field)) continue;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        reflection.SetString(&message, field, absl::StrCat("<", field->name(), ">"));
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        reflection.SetBool(&message, field, true);
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        reflection.SetInt32(&message, field, kCount);
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        reflection.SetInt64(&message, field, kBeyondDoubles);
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (field->message_type() == google::protobuf::Timestamp::descriptor()) {
          static_cast<google::protobuf::Timestamp&>(*reflection.MutableMessage(&message, field))
              .set_seconds(kSampleTime);
        }
        break;
      default:
        break;
    }
  }
}

/// The member of an event's payload that is a message of that name.
const FieldDescriptor* PayloadMember(std::string_view message) {
  const auto& payload = *v1::Event::descriptor()->FindOneofByName("payload");
  for (int i = 0; i < payload.field_count(); ++i) {
    const auto* const type = payload.field(i)->message_type();
    if (type != nullptr && type->name() == message) return payload.field(i);
  }
  return nullptr;
}

}  // namespace

v1::Event MakeSample(const std::string& type, const std::string& json) {
  v1::Event event;
  event.set_type(type);
  for (const model::PayloadFamily& family : model::kPayloadFamilies) {
    if (!json.empty() || !type.starts_with(family.prefix)) continue;
    const std::string verb = type.substr(family.prefix.size());
    if (std::ranges::find(family.verbs, verb) == family.verbs.end()) continue;
    Message& payload =
        *event.GetReflection()->MutableMessage(&event, PayloadMember(family.message));
    FillMembers(payload);
    if (!family.member.empty()) {
      payload.GetReflection()->SetString(
          &payload, payload.GetDescriptor()->FindFieldByName(std::string(family.member)), verb);
    }
    return event;
  }
  event.set_json(json.empty() ? R"({"sample":true})" : json);
  return event;
}

}  // namespace carillon::client
