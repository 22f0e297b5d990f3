#include "scalar_from_yaml.h"

#include <google/protobuf/util/time_util.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "carillon/base/text.h"
#include "similar.h"
#include "units.h"

namespace carillon::config {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsScalar(const YamlNode& node) { return node.kind == YamlNode::Kind::kScalar; }

/// The whole text as a number of type T.
template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Whether `text` is a number as JSON writes it; `whole`: without fraction and exponent.
bool IsJsonNumber(std::string_view text, bool& whole) {
  const auto digits = [&text] {
    size_t n = 0;
    while (n < text.size() && text[n] >= '0' && text[n] <= '9') ++n;
    text.remove_prefix(n);
    return n;
  };
  whole = true;
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const size_t count = digits();
  if (count == 0 || (zero && count > 1)) return false;
  if (text.starts_with('.')) {
    whole = false;
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    whole = false;
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

std::optional<double> ParseReal(std::string_view text) {
  bool whole = false;
  if (!IsJsonNumber(text, whole)) return std::nullopt;
  const std::optional<double> value = ParseNumber<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

/// Plain text that some would read as a number or a truth value, and others as a string.
bool IsAmbiguous(std::string_view text) {
  if (text == "True" || text == "TRUE" || text == "False" || text == "FALSE") return true;
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  if (text == ".inf" || text == ".nan" || text == ".Inf" || text == ".NaN" || text == ".INF" ||
      text == ".NAN") {
    return true;
  }
  if (text.empty() || text.find_first_of("0123456789") == text.npos) return false;
  if (text.starts_with("0x") || text.starts_with("0o")) return true;
  // `007`, `1.`, `.5`, `1_000`; a date or an address holds other characters or more dots.
  const size_t dot = text.find('.');
  return text.find_first_not_of("0123456789._") == text.npos &&
         (dot == text.npos || text.find('.', dot + 1) == text.npos);
}

/// `FORMAT_STANDARD` -> `standard`: without what the values of the enum have in common.
std::string YamlName(const EnumDescriptor& type, int index) {
  const std::string& zero = type.value(0)->name();
  const size_t prefix = zero.size() - std::string_view("UNSPECIFIED").size();
  return absl::AsciiStrToLower(type.value(index)->name().substr(prefix));
}

void ReadEnum(const YamlNode& node, Message& message, const FieldDescriptor& field,
              const Path& path, Errors& errors) {
  const EnumDescriptor& type = *field.enum_type();
  std::vector<std::string> names;
  for (int i = 1; i < type.value_count(); ++i) {
    names.push_back(YamlName(type, i));
    if (IsScalar(node) && node.text == names.back()) {
      message.GetReflection()->SetEnum(&message, &field, type.value(i));
      return;
    }
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  errors.Add(path, absl::StrCat("must be one of ", absl::StrJoin(names, ", "),
                                IsScalar(node) ? DidYouMean(node.text, known) : ""));
}

void ReadString(const YamlNode& node, Message& message, const FieldDescriptor& field,
                const Path& path, Errors& errors) {
  if (!IsScalar(node)) {
    errors.Add(path, "must be a string");
  } else if (field.is_repeated()) {
    message.GetReflection()->AddString(&message, &field, node.text);
  } else {
    message.GetReflection()->SetString(&message, &field, node.text);
  }
}

void ReadBool(const YamlNode& node, Message& message, const FieldDescriptor& field,
              const Path& path, Errors& errors) {
  if (!IsScalar(node) || !node.plain || (node.text != "true" && node.text != "false")) {
    errors.Add(path, "must be true or false");
    return;
  }
  message.GetReflection()->SetBool(&message, &field, node.text == "true");
}

void ReadDouble(const YamlNode& node, Message& message, const FieldDescriptor& field,
                const Path& path, Errors& errors) {
  const std::optional<double> value =
      IsScalar(node) && node.plain ? ParseReal(node.text) : std::nullopt;
  if (!value) {
    errors.Add(path, "must be a number");
    return;
  }
  message.GetReflection()->SetDouble(&message, &field, *value);
}

/// Sizes are the fields whose name says `bytes`.
bool IsSize(const FieldDescriptor& field) { return field.name().ends_with("_bytes"); }

void ReadUnsigned(const YamlNode& node, Message& message, const FieldDescriptor& field,
                  const Path& path, Errors& errors) {
  std::optional<uint64_t> value;
  if (IsScalar(node) && IsSize(field)) {
    const absl::StatusOr<uint64_t> size = ParseSize(node.text);
    if (size.ok()) value = *size;
  } else if (IsScalar(node) && node.plain) {
    value = ParseNumber<uint64_t>(node.text);
  }
  const bool narrow = field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32;
  if (!value || (narrow && *value > std::numeric_limits<uint32_t>::max())) {
    errors.Add(path, IsSize(field)
                         ? "must be a size in bytes such as 1048576, 256KiB, 64MiB or 10GiB"
                         : "must be a whole number, not negative");
  } else if (narrow) {
    message.GetReflection()->SetUInt32(&message, &field, static_cast<uint32_t>(*value));
  } else {
    message.GetReflection()->SetUInt64(&message, &field, *value);
  }
}

}  // namespace

void ReadScalarField(const YamlNode& node, Message& message, const FieldDescriptor& field,
                     const Path& path, Errors& errors) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return ReadString(node, message, field, path, errors);
    case FieldDescriptor::CPPTYPE_ENUM:
      return ReadEnum(node, message, field, path, errors);
    case FieldDescriptor::CPPTYPE_BOOL:
      return ReadBool(node, message, field, path, errors);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return ReadDouble(node, message, field, path, errors);
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return ReadUnsigned(node, message, field, path, errors);
    default:
      errors.Add(path, "has a type that a configuration file cannot hold");
  }
}

void ReadDuration(const YamlNode& node, google::protobuf::Duration& duration, const Path& path,
                  Errors& errors) {
  const absl::StatusOr<std::chrono::milliseconds> value =
      ParseDuration(IsScalar(node) ? node.text : "");
  if (!value.ok()) {
    errors.Add(path, base::ToStd(value.status().message()));
    return;
  }
  duration = google::protobuf::util::TimeUtil::MillisecondsToDuration(value->count());
}

void ReadTimestamp(const YamlNode& node, google::protobuf::Timestamp& time, const Path& path,
                   Errors& errors) {
  using google::protobuf::util::TimeUtil;
  if (IsScalar(node) && TimeUtil::FromString(node.text, &time)) return;
  errors.Add(path, "must be a time such as 2027-01-31T12:00:00Z or 2027-01-31T13:00:00+01:00");
}

void ReadScalar(const YamlNode& node, v1::Scalar& scalar, const Path& path, Errors& errors) {
  if (!IsScalar(node)) {
    errors.Add(path, "must be a string, a number, true or false");
    return;
  }
  bool whole = false;
  if (!node.plain) {
    scalar.set_string_value(node.text);
  } else if (node.text == "true" || node.text == "false") {
    scalar.set_bool_value(node.text == "true");
  } else if (IsJsonNumber(node.text, whole)) {
    const std::optional<int64_t> integer = whole ? ParseNumber<int64_t>(node.text) : std::nullopt;
    const std::optional<double> real = whole ? std::nullopt : ParseReal(node.text);
    if (integer) scalar.set_int_value(*integer);
    if (real) scalar.set_double_value(*real);
    if (!integer && !real) errors.Add(path, "does not fit a signed 64-bit number or a double");
  } else if (IsAmbiguous(node.text)) {
    errors.Add(path, "could be a string or not: put a string in quotes, write others as in JSON");
  } else {
    scalar.set_string_value(node.text);
  }
}

}  // namespace carillon::config
