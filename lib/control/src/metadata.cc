#include "metadata.h"

#include <google/protobuf/timestamp.pb.h>

#include "carillon/base/random.h"
#include "carillon/base/uuid.h"
#include "carillon/v1/resource.pb.h"

namespace carillon::control {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const FieldDescriptor* MemberOf(const Message& message, std::string_view name) {
  return message.GetDescriptor()->FindFieldByName(std::string(name));
}

}  // namespace

std::string NewUid(base::WallTime now) {
  base::SeededRandom random(base::RandomSeed());
  return base::MakeUuidV7(now, random);
}

void SetText(Message& message, std::string_view member, const std::string& text) {
  const FieldDescriptor* field = MemberOf(message, member);
  if (field != nullptr) message.GetReflection()->SetString(&message, field, text);
}

std::string GetText(const Message& message, std::string_view member) {
  const FieldDescriptor* field = MemberOf(message, member);
  return field == nullptr ? "" : message.GetReflection()->GetString(message, field);
}

void SetTime(Message& message, std::string_view member, base::WallTime time) {
  const FieldDescriptor* field = MemberOf(message, member);
  if (field == nullptr) return;
  google::protobuf::Timestamp stamp;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  stamp.set_seconds(seconds.time_since_epoch().count());
  stamp.set_nanos(static_cast<int32_t>((time - seconds).count()));
  message.GetReflection()->MutableMessage(&message, field)->CopyFrom(stamp);
}

void SetNumber(Message& message, std::string_view member, int64_t number) {
  const FieldDescriptor* field = MemberOf(message, member);
  if (field != nullptr) message.GetReflection()->SetInt64(&message, field, number);
}

void SetOrigin(Message& message, int kind) {
  const FieldDescriptor* field = MemberOf(message, "origin");
  if (field == nullptr) return;
  v1::Origin origin;
  origin.set_kind(static_cast<v1::Origin::Kind>(kind));
  message.GetReflection()->MutableMessage(&message, field)->CopyFrom(origin);
}

int OriginOf(const Message& message) {
  const FieldDescriptor* field = MemberOf(message, "origin");
  if (field == nullptr) return 0;
  const Message& origin = message.GetReflection()->GetMessage(message, field);
  return static_cast<const v1::Origin&>(origin).kind();
}

void ClearMember(Message& message, std::string_view member) {
  const FieldDescriptor* field = MemberOf(message, member);
  if (field != nullptr) message.GetReflection()->ClearField(&message, field);
}

}  // namespace carillon::control
