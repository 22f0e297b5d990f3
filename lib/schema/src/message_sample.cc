#include "carillon/schema/message_sample.h"

#include <google/protobuf/message.h>

#include <string_view>

#include "absl/strings/str_cat.h"
#include "carillon/schema/message_json.h"
#include "well_known.h"

namespace carillon::schema {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kSampleDepth = 5;
constexpr int64_t kExact = 9'007'199'254'740'993;  // 2^53 + 1
constexpr int64_t kNewYear2026 = 1'767'225'600;    // 2026-01-01T00:00:00Z
constexpr size_t kFullMessages = 1000;             // after so many no more are begun

/// The first value that is not 0, where there is one.
int SampleValue(const EnumDescriptor& type) {
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0) return type.value(i)->number();
  }
  return type.value(0)->number();
}

class SampleFiller {
 public:
  explicit SampleFiller(size_t max_depth) : max_depth_(max_depth) {}

  void Fill(Message& message, size_t depth) {
    ++messages_;
    const Descriptor& type = *message.GetDescriptor();
    switch (WellKnownOf(type)) {
      case WellKnown::kTimestamp:
        message.GetReflection()->SetInt64(&message, type.FindFieldByNumber(1), kNewYear2026);
        return;
      case WellKnown::kDuration:
        message.GetReflection()->SetInt64(&message, type.FindFieldByNumber(1), 90);
        return;
      case WellKnown::kFieldMask:
        message.GetReflection()->AddString(&message, type.FindFieldByNumber(1), "name");
        return;
      case WellKnown::kValue:
        message.GetReflection()->SetString(&message, type.FindFieldByNumber(3), "value");
        return;
      default:
        break;
    }
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      const auto* oneof = field.real_containing_oneof();
      if (oneof == nullptr || oneof->field(0) == &field) Set(message, field, depth);
    }
  }

 private:
  void Set(Message& message, const FieldDescriptor& field, size_t depth) {
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return SetScalar(message, field);
    // Those in an entry of a map are no deeper than those beside it.
    const size_t inner = field.is_map() ? depth : depth + 1;
    const bool plain = WellKnownOf(*field.message_type()) != WellKnown::kNone;
    const bool left_out = (inner > max_depth_ && !plain) || messages_ >= kFullMessages;
    if (left_out && !field.is_required()) return;
    const Reflection& reflection = *message.GetReflection();
    Fill(field.is_repeated() ? *reflection.AddMessage(&message, &field)
                             : *reflection.MutableMessage(&message, &field),
         inner);
  }

  static void SetScalar(Message& message, const FieldDescriptor& field) {
    const Reflection& to = *message.GetReflection();
    const auto set = [&](auto single, auto add, auto value) {
      field.is_repeated() ? (to.*add)(&message, &field, value)
                          : (to.*single)(&message, &field, value);
    };
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return set(&Reflection::SetInt32, &Reflection::AddInt32, int32_t{1});
      case FieldDescriptor::CPPTYPE_INT64:
        return set(&Reflection::SetInt64, &Reflection::AddInt64, kExact);
      case FieldDescriptor::CPPTYPE_UINT32:
        return set(&Reflection::SetUInt32, &Reflection::AddUInt32, uint32_t{1});
      case FieldDescriptor::CPPTYPE_UINT64:
        return set(&Reflection::SetUInt64, &Reflection::AddUInt64, uint64_t{kExact});
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return set(&Reflection::SetDouble, &Reflection::AddDouble, 1.5);
      case FieldDescriptor::CPPTYPE_FLOAT:
        return set(&Reflection::SetFloat, &Reflection::AddFloat, 1.5F);
      case FieldDescriptor::CPPTYPE_BOOL:
        return set(&Reflection::SetBool, &Reflection::AddBool, true);
      case FieldDescriptor::CPPTYPE_ENUM:
        return set(&Reflection::SetEnumValue, &Reflection::AddEnumValue,
                   SampleValue(*field.enum_type()));
      case FieldDescriptor::CPPTYPE_STRING:
      case FieldDescriptor::CPPTYPE_MESSAGE:
        break;
    }
    std::string text = field.type() == FieldDescriptor::TYPE_BYTES
                           ? "sample"
                           : absl::StrCat("<", field.name(), ">");
    field.is_repeated() ? to.AddString(&message, &field, std::move(text))
                        : to.SetString(&message, &field, std::move(text));
  }

  const size_t max_depth_;
  size_t messages_ = 0;
};

}  // namespace

std::string MakeSample(const MessageType& type) {
  for (size_t depth = kSampleDepth; depth > 0; --depth) {
    google::protobuf::Arena arena;
    Message& message = *type.New(arena);
    SampleFiller(depth).Fill(message, 1);
    std::string json;
    if (!WriteMessage(message, UnknownFields::kRefused, json) && json.size() <= kMaxSampleBytes) {
      return json;
    }
  }
  return "{}";
}

}  // namespace carillon::schema
