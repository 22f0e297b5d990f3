#include "filter_value.h"

#include <google/protobuf/util/time_util.h>

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/similar.h"
#include "carillon/base/text.h"

namespace carillon::aip {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

/// The field whose type a literal has.
const FieldDescriptor& Compared(const FieldPath& path) {
  const FieldDescriptor& leaf = path.leaf();
  if (!leaf.is_map()) return leaf;
  return path.key() ? *leaf.message_type()->map_value() : *leaf.message_type()->map_key();
}

absl::Status Expected(std::string_view what, const Literal& literal) {
  return absl::InvalidArgumentError(
      absl::StrCat("expected ", base::ToAbsl(what), ", not ", literal.quoted ? "\"" : "",
                   base::Printable(literal.text, 64), literal.quoted ? "\"" : ""));
}

absl::StatusOr<Value> ReadEnum(const EnumDescriptor& type, const Literal& literal) {
  const auto* value = type.FindValueByName(literal.text);
  if (value != nullptr && !literal.quoted) return Value(int64_t{value->number()});
  if (value != nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("write ", value->name(), " without quotes"));
  }
  std::vector<std::string_view> names;
  for (int i = 0; i < type.value_count(); ++i) names.push_back(type.value(i)->name());
  std::string known;
  for (const std::string_view name : names) {
    absl::StrAppend(&known, known.empty() ? "" : ", ", base::ToAbsl(name));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("there is no value ", base::Printable(literal.text, 64), " here (", known, ")",
                   base::DidYouMean(literal.text, names)));
}

absl::StatusOr<Value> ReadBool(const Literal& literal) {
  if (!literal.quoted && literal.text == "true") return Value(true);
  if (!literal.quoted && literal.text == "false") return Value(false);
  return Expected("true or false", literal);
}

template <typename T>
absl::StatusOr<Value> ReadInteger(const Literal& literal, std::string_view what) {
  T number{};
  if (literal.quoted || !absl::SimpleAtoi(literal.text, &number)) return Expected(what, literal);
  return Value(number);
}

absl::StatusOr<Value> ReadMoment(std::string_view type, const Literal& literal) {
  using google::protobuf::util::TimeUtil;
  if (type == "google.protobuf.Duration") {
    google::protobuf::Duration duration;
    if (literal.quoted || !TimeUtil::FromString(literal.text, &duration)) {
      return Expected("a number of seconds such as 1.5s", literal);
    }
    return Value(Moment{duration.seconds(), duration.nanos()});
  }
  google::protobuf::Timestamp time;
  if (!TimeUtil::FromString(literal.text, &time)) {
    return Expected("a time such as \"2026-01-31T08:00:00Z\"", literal);
  }
  return Value(Moment{time.seconds(), time.nanos()});
}

absl::StatusOr<Value> ReadText(const Literal& literal) {
  if (literal.quoted) return Value(literal.text);
  return absl::InvalidArgumentError(
      absl::StrCat("put text in quotes: \"", base::Printable(literal.text, 64), "\""));
}

}  // namespace

bool IsText(const FieldPath& path) {
  return Compared(path).cpp_type() == FieldDescriptor::CPPTYPE_STRING;
}

bool IsOrdered(const FieldPath& path) {
  const auto type = Compared(path).cpp_type();
  return type != FieldDescriptor::CPPTYPE_BOOL && type != FieldDescriptor::CPPTYPE_ENUM;
}

absl::StatusOr<Value> ReadLiteral(const FieldPath& path, const Literal& literal) {
  const FieldDescriptor& field = Compared(path);
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return ReadBool(literal);
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      return ReadInteger<int64_t>(literal, "a whole number");
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return ReadInteger<uint64_t>(literal, "a whole number from 0 on");
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      double number = 0;
      if (literal.quoted || !absl::SimpleAtod(literal.text, &number) || number != number) {
        return Expected("a number", literal);
      }
      return Value(number);
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      return ReadEnum(*field.enum_type(), literal);
    case FieldDescriptor::CPPTYPE_STRING:
      return ReadText(literal);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ReadMoment(field.message_type()->full_name(), literal);
  }
  return absl::InternalError("a type that protobuf does not have");
}

}  // namespace carillon::aip
