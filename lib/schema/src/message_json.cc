#include "carillon/schema/message_json.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/codec/json_writer.h"
#include "carillon/json/scanner.h"
#include "well_known.h"

namespace carillon::schema {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kMaxShownError = 200;

/// Walks a message; the path of a problem is put together on the way out.
class MessageWriter {
 public:
  MessageWriter(UnknownFields unknown, std::string& out) : unknown_(unknown), out_(out) {}

  std::optional<Problem> Write(const Message& message, size_t depth) {
    const Reflection& reflection = *message.GetReflection();
    if (unknown_ == UnknownFields::kRefused && !reflection.GetUnknownFields(message).empty()) {
      return Problem{{},
                     absl::StrCat("has a field that ", message.GetDescriptor()->full_name(),
                                  " does not have: number ",
                                  reflection.GetUnknownFields(message).field(0).number())};
    }
    switch (WellKnownOf(*message.GetDescriptor())) {
      case WellKnown::kNone:
        return WriteMembers(message, depth);
      case WellKnown::kWrapper:
        return WriteScalar(message, *message.GetDescriptor()->field(0), -1);
      case WellKnown::kStruct:
        return WriteField(message, *message.GetDescriptor()->field(0), depth - 1);
      case WellKnown::kListValue:
        return WriteField(message, *message.GetDescriptor()->field(0), depth - 1);
      case WellKnown::kValue:
        return WriteValue(message, depth - 1);
      case WellKnown::kTimestamp:
      case WellKnown::kDuration:
      case WellKnown::kFieldMask:
        return AppendWellKnown(message, out_);
    }
    return std::nullopt;
  }

 private:
  std::optional<Problem> WriteMembers(const Message& message, size_t depth) {
    if (depth > json::kMaxDepth) return TooDeep();
    out_ += '{';
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor& field = *message.GetDescriptor()->field(i);
      if (field.has_presence() && !message.GetReflection()->HasField(message, &field)) continue;
      if (out_.back() != '{') out_ += ',';
      codec::AppendJsonString(out_, field.json_name());
      out_ += ':';
      if (auto problem = WriteField(message, field, depth)) {
        return Under(field.json_name(), *std::move(problem));
      }
    }
    out_ += '}';
    return std::nullopt;
  }

  /// `depth`: of what the field is in.
  std::optional<Problem> WriteField(const Message& message, const FieldDescriptor& field,
                                    size_t depth) {
    if (field.is_map()) return WriteMap(message, field, depth + 1);
    if (field.is_repeated()) return WriteList(message, field, depth + 1);
    return WriteOne(message, field, -1, depth);
  }

  std::optional<Problem> WriteList(const Message& message, const FieldDescriptor& field,
                                   size_t depth) {
    if (depth > json::kMaxDepth) return TooDeep();
    out_ += '[';
    const int count = message.GetReflection()->FieldSize(message, &field);
    for (int i = 0; i < count; ++i) {
      if (i > 0) out_ += ',';
      if (auto problem = WriteOne(message, field, i, depth)) {
        return Under(std::to_string(i), *std::move(problem));
      }
    }
    out_ += ']';
    return std::nullopt;
  }

  std::optional<Problem> WriteMap(const Message& message, const FieldDescriptor& field,
                                  size_t depth) {
    if (depth > json::kMaxDepth) return TooDeep();
    const FieldDescriptor& value = *field.message_type()->map_value();
    out_ += '{';
    for (const auto& [name, entry] : SortedEntries(message, field)) {
      if (out_.back() != '{') out_ += ',';
      if (auto problem = WriteText(name)) return problem;
      out_ += ':';
      if (auto problem = WriteOne(*entry, value, -1, depth)) {
        return Under(name, *std::move(problem));
      }
    }
    out_ += '}';
    return std::nullopt;
  }

  std::optional<Problem> WriteOne(const Message& message, const FieldDescriptor& field, int index,
                                  size_t depth) {
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      return WriteScalar(message, field, index);
    }
    const Reflection& reflection = *message.GetReflection();
    return Write(index < 0 ? reflection.GetMessage(message, &field)
                           : reflection.GetRepeatedMessage(message, &field, index),
                 depth + 1);
  }

  std::optional<Problem> WriteValue(const Message& value, size_t depth) {
    const FieldDescriptor* kind =
        value.GetReflection()->GetOneofFieldDescriptor(value, value.GetDescriptor()->oneof_decl(0));
    if (kind == nullptr) return Problem{{}, "must be of some kind; null is null_value"};
    if (kind->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE &&
        !std::isfinite(value.GetReflection()->GetDouble(value, kind))) {
      return Problem{{}, "must be a finite number"};
    }
    return WriteOne(value, *kind, -1, depth);
  }

  std::optional<Problem> WriteScalar(const Message& message, const FieldDescriptor& field,
                                     int index) {
    const Reflection& from = *message.GetReflection();
    const auto get = [&](auto single, auto repeated) {
      return index < 0 ? (from.*single)(message, &field) : (from.*repeated)(message, &field, index);
    };
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return WriteNumber(get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32));
      case FieldDescriptor::CPPTYPE_INT64:
        return WriteNumber(get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64));
      case FieldDescriptor::CPPTYPE_UINT32:
        return WriteNumber(get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32));
      case FieldDescriptor::CPPTYPE_UINT64:
        return WriteNumber(get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64));
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return WriteReal(get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return WriteReal(get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat));
      case FieldDescriptor::CPPTYPE_BOOL:
        out_ += get(&Reflection::GetBool, &Reflection::GetRepeatedBool) ? "true" : "false";
        return std::nullopt;
      case FieldDescriptor::CPPTYPE_ENUM:
        return WriteEnum(field, get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue));
      case FieldDescriptor::CPPTYPE_STRING:
      case FieldDescriptor::CPPTYPE_MESSAGE:
        break;
    }
    std::string scratch;
    const std::string& text =
        index < 0 ? from.GetStringReference(message, &field, &scratch)
                  : from.GetRepeatedStringReference(message, &field, index, &scratch);
    if (field.type() != FieldDescriptor::TYPE_BYTES) return WriteText(text);
    out_ += '"';
    out_ += absl::Base64Escape(text);
    out_ += '"';
    return std::nullopt;
  }

  std::optional<Problem> WriteText(std::string_view text) {
    if (const auto at = base::FindInvalidUtf8(text)) {
      return Problem{{}, absl::StrCat("is not valid UTF-8 at byte ", *at)};
    }
    codec::AppendJsonString(out_, text);
    return std::nullopt;
  }

  template <typename Number>
  std::optional<Problem> WriteNumber(Number number) {
    char text[32];
    const auto [end, error] = std::to_chars(text, text + sizeof text, number);
    out_.append(text, end);
    return std::nullopt;
  }

  template <typename Real>
  std::optional<Problem> WriteReal(Real number) {
    if (std::isfinite(number)) return WriteNumber(number);
    out_ += std::isnan(number) ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    return std::nullopt;
  }

  std::optional<Problem> WriteEnum(const FieldDescriptor& field, int number) {
    if (field.enum_type()->full_name() == "google.protobuf.NullValue") {
      out_ += "null";
      return std::nullopt;
    }
    const EnumValueDescriptor* value = field.enum_type()->FindValueByNumber(number);
    if (value == nullptr) return WriteNumber(number);  // of a later version
    codec::AppendJsonString(out_, value->name());
    return std::nullopt;
  }

  static Problem TooDeep() {
    return {{}, absl::StrCat("is nested more than ", json::kMaxDepth, " deep")};
  }

  static Problem Under(std::string_view member, Problem problem) {
    problem.path.insert(0, "/" + base::Printable(member, 64));
    return problem;
  }

  const UnknownFields unknown_;
  std::string& out_;
};

}  // namespace

std::optional<Problem> WriteMessage(const Message& message, UnknownFields unknown,
                                    std::string& out) {
  return MessageWriter(unknown, out).Write(message, 1);
}

std::optional<Problem> CheckMessageJson(const MessageType& type, std::string_view json) {
  google::protobuf::Arena arena;
  Message& message = *type.New(arena);
  const auto status =
      google::protobuf::util::JsonStringToMessage({json.data(), json.size()}, &message);
  if (!status.ok()) {
    return Problem{{},
                   absl::StrCat("is no ", type.descriptor().full_name(), ": ",
                                base::Printable({status.message().data(), status.message().size()},
                                                kMaxShownError))};
  }
  if (message.IsInitialized()) return std::nullopt;
  return Problem{{},
                 absl::StrCat("lacks a required field: ",
                              base::Printable(message.InitializationErrorString()))};
}

}  // namespace carillon::schema
