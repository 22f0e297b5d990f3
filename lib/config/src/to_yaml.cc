#include "carillon/config/to_yaml.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/json_util.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "carillon/base/text.h"
#include "carillon/resource/units.h"
#include "carillon/v1/destination.pb.h"
#include "input_members.h"
#include "scalar_from_yaml.h"

namespace carillon::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

/// Whether YAML's readers take the plain text for a string. The emitter itself quotes what would
/// not be one value.
bool IsPlainString(std::string_view text) {
  constexpr std::string_view kOthers[] = {"true", "false", "null", "yes", "no", "on", "off"};
  if (text.empty() || text.size() > 200) return false;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (!is_letter(text.front()) && text.front() != '/') return false;
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return std::ranges::find(kOthers, lower) == std::end(kOthers) && lower != "y" && lower != "n";
}

std::string RealText(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return std::string(text, end);
}

std::string DurationText(const google::protobuf::Duration& duration) {
  constexpr int32_t kNanosOfMilli = 1'000'000;
  if (duration.seconds() >= 0 && duration.nanos() >= 0 && duration.nanos() % kNanosOfMilli == 0) {
    return resource::FormatMillis(std::chrono::seconds(duration.seconds()) +
                                  std::chrono::milliseconds(duration.nanos() / kNanosOfMilli));
  }
  return absl::FormatDuration(absl::Seconds(duration.seconds()) +
                              absl::Nanoseconds(duration.nanos()));
}

class Writer {
 public:
  explicit Writer(YamlMembers members) : members_(members) {
    out_.SetOutputCharset(YAML::EmitNonAscii);
  }

  void WriteMessage(const Message& message) {
    const auto fields = FieldsOf(message);
    if (fields.empty()) {
      out_ << YAML::Flow << YAML::BeginMap << YAML::EndMap;
      return;
    }
    out_ << YAML::BeginMap;
    for (const FieldDescriptor* field : fields) {
      out_ << YAML::Key << field->name() << YAML::Value;
      WriteField(message, *field);
    }
    out_ << YAML::EndMap;
  }

  std::string Take() const { return std::string(out_.c_str()) + "\n"; }

 private:
  std::vector<const FieldDescriptor*> FieldsOf(const Message& message) const {
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    // As the .proto has them, which is the order in which people look for them.
    std::ranges::sort(fields, {}, [](const FieldDescriptor* field) { return field->index(); });
    if (members_ == YamlMembers::kInput) {
      std::erase_if(fields, [](const FieldDescriptor* field) { return !IsInput(*field); });
    }
    return fields;
  }

  void WriteField(const Message& message, const FieldDescriptor& field) {
    if (field.is_map()) return WriteMap(message, field);
    if (!field.is_repeated()) return WriteValue(message, field, -1);
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) out_ << YAML::Flow;
    out_ << YAML::BeginSeq;
    const int size = message.GetReflection()->FieldSize(message, &field);
    for (int i = 0; i < size; ++i) WriteValue(message, field, i);
    out_ << YAML::EndSeq;
  }

  void WriteMap(const Message& message, const FieldDescriptor& map) {
    const Reflection& reflection = *message.GetReflection();
    std::map<std::string, const Message*> sorted;
    for (int i = 0; i < reflection.FieldSize(message, &map); ++i) {
      const Message& pair = reflection.GetRepeatedMessage(message, &map, i);
      sorted[pair.GetReflection()->GetString(pair, map.message_type()->map_key())] = &pair;
    }
    out_ << YAML::BeginMap;
    for (const auto& [key, pair] : sorted) {
      out_ << YAML::Key;
      WriteText(key);
      out_ << YAML::Value;
      WriteValue(*pair, *map.message_type()->map_value(), -1);
    }
    out_ << YAML::EndMap;
  }

  /// `index` is -1 where the field is no list.
  void WriteValue(const Message& message, const FieldDescriptor& field, int index) {
    const Reflection& r = *message.GetReflection();
    const bool of_list = index >= 0;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return WriteSubmessage(of_list ? r.GetRepeatedMessage(message, &field, index)
                                       : r.GetMessage(message, &field));
      case FieldDescriptor::CPPTYPE_STRING: {
        const std::string text =
            of_list ? r.GetRepeatedString(message, &field, index) : r.GetString(message, &field);
        if (field.type() == FieldDescriptor::TYPE_BYTES) return WriteText(absl::Base64Escape(text));
        return WriteText(text);
      }
      case FieldDescriptor::CPPTYPE_ENUM:
        out_ << EnumText(*field.enum_type(), of_list
                                                 ? r.GetRepeatedEnumValue(message, &field, index)
                                                 : r.GetEnumValue(message, &field));
        return;
      case FieldDescriptor::CPPTYPE_BOOL:
        out_ << (of_list ? r.GetRepeatedBool(message, &field, index) : r.GetBool(message, &field));
        return;
      default:
        out_ << NumberText(message, field, index);
    }
  }

  static std::string NumberText(const Message& message, const FieldDescriptor& field, int index) {
    const Reflection& r = *message.GetReflection();
    const bool of_list = index >= 0;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return absl::StrCat(of_list ? r.GetRepeatedInt32(message, &field, index)
                                    : r.GetInt32(message, &field));
      case FieldDescriptor::CPPTYPE_INT64:
        return absl::StrCat(of_list ? r.GetRepeatedInt64(message, &field, index)
                                    : r.GetInt64(message, &field));
      case FieldDescriptor::CPPTYPE_UINT32:
        return absl::StrCat(of_list ? r.GetRepeatedUInt32(message, &field, index)
                                    : r.GetUInt32(message, &field));
      case FieldDescriptor::CPPTYPE_UINT64:
        return absl::StrCat(of_list ? r.GetRepeatedUInt64(message, &field, index)
                                    : r.GetUInt64(message, &field));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return RealText(static_cast<double>(of_list ? r.GetRepeatedFloat(message, &field, index)
                                                    : r.GetFloat(message, &field)));
      default:
        return RealText(of_list ? r.GetRepeatedDouble(message, &field, index)
                                : r.GetDouble(message, &field));
    }
  }

  void WriteSubmessage(const Message& message) {
    const auto* const type = message.GetDescriptor();
    if (type == google::protobuf::Duration::descriptor()) {
      out_ << DurationText(static_cast<const google::protobuf::Duration&>(message));
    } else if (type == google::protobuf::Timestamp::descriptor()) {
      const auto& time = static_cast<const google::protobuf::Timestamp&>(message);
      out_ << base::FormatRfc3339(time.seconds(), time.nanos());
    } else if (type == v1::Scalar::descriptor()) {
      WriteScalar(static_cast<const v1::Scalar&>(message));
    } else if (type->file()->package() == "google.protobuf") {
      std::string json;
      if (google::protobuf::util::MessageToJsonString(message, &json).ok()) WriteText(json);
    } else {
      WriteWhatStandsForIt(message);
    }
  }

  void WriteScalar(const v1::Scalar& scalar) {
    if (scalar.kind_case() == v1::Scalar::kBoolValue) {
      out_ << scalar.bool_value();
    } else if (scalar.kind_case() == v1::Scalar::kNumber) {
      out_ << scalar.number();
    } else {
      out_ << YAML::DoubleQuoted << scalar.string_value();
    }
  }

  /// A list or a plain value in place of the message that holds nothing else.
  void WriteWhatStandsForIt(const Message& message) {
    const auto fields = FieldsOf(message);
    const FieldDescriptor* list = MeantByList(*message.GetDescriptor());
    const FieldDescriptor* scalar = MeantByScalar(*message.GetDescriptor());
    const bool alone = fields.size() == 1 && (fields[0] == list || fields[0] == scalar);
    if (alone) return WriteField(message, *fields[0]);
    WriteMessage(message);
  }

  void WriteText(const std::string& text) {
    if (!IsPlainString(text)) out_ << YAML::DoubleQuoted;
    out_ << text;
  }

  YAML::Emitter out_;
  const YamlMembers members_;
};

}  // namespace

std::string ToYaml(const Message& message, YamlMembers members) {
  Writer writer(members);
  writer.WriteMessage(message);
  return writer.Take();
}

std::string EnumText(const google::protobuf::EnumDescriptor& type, int number) {
  const auto* const value = type.FindValueByNumber(number);
  return value == nullptr ? absl::StrCat(number) : YamlName(type, value->index());
}

}  // namespace carillon::config
