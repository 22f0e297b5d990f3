#include "scalar_from_yaml.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "carillon/base/similar.h"
#include "carillon/base/text.h"
#include "carillon/resource/units.h"
#include "carillon/v1/options.pb.h"

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

/// Whether `text` is a number as JSON writes it.
bool IsJsonNumber(std::string_view text) {
  const auto digits = [&text] {
    const size_t n = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(n);
    return n;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const size_t count = digits();
  if (count == 0 || (zero && count > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

std::optional<double> ParseReal(std::string_view text) {
  if (!IsJsonNumber(text)) return std::nullopt;
  const std::optional<double> value = ParseNumber<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

/// Digits and `_`, with an exponent or without, as YAML 1.1 and 1.2 write numbers and JSON does
/// not: `007`, `1.`, `.5`, `1.e3`, `1_000`, `01e3`. A date or an address holds other characters or
/// more dots.
bool IsLooseNumber(std::string_view text) {
  const auto skip = [&text](std::string_view of) {
    const size_t n = std::min(text.find_first_not_of(of), text.size());
    const bool digits = text.substr(0, n).find_first_of("0123456789") != text.npos;
    text.remove_prefix(n);
    return digits;
  };
  bool digits = skip("0123456789_");
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits = skip("0123456789_") || digits;
  }
  if (!digits) return false;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!skip("0123456789_")) return false;
  }
  return text.empty();
}

/// Plain text that some would read as a number or a truth value, and others as a string.
bool IsAmbiguous(std::string_view text) {
  if (text == "True" || text == "TRUE" || text == "False" || text == "FALSE") return true;
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  if (text == ".inf" || text == ".nan" || text == ".Inf" || text == ".NaN" || text == ".INF" ||
      text == ".NAN") {
    return true;
  }
  const auto based = [&](std::string_view prefix, std::string_view digits) {
    return text.starts_with(prefix) && text.size() > 2 &&
           text.find_first_not_of(digits, 2) == text.npos;
  };
  return based("0x", "0123456789abcdefABCDEF_") || based("0o", "01234567_") || based("0b", "01_") ||
         IsLooseNumber(text);
}

void ReadEnum(const YamlNode& node, Message& message, const FieldDescriptor& field,
              const resource::Path& path, resource::Errors& errors) {
  const EnumDescriptor& type = *field.enum_type();
  std::vector<std::string> names;
  for (int i = 1; i < type.value_count(); ++i) {
    names.push_back(YamlName(type, i));
    if (IsScalar(node) && (node.text == names.back() || node.text == type.value(i)->name())) {
      message.GetReflection()->SetEnum(&message, &field, type.value(i));
      return;
    }
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  errors.Add(path, absl::StrCat("must be one of ", absl::StrJoin(names, ", "),
                                IsScalar(node) ? base::DidYouMean(node.text, known) : ""));
}

/// Bytes are base64, as in protobuf's JSON; white space within is that of a long text's lines.
void ReadBytes(const YamlNode& node, Message& message, const FieldDescriptor& field,
               const resource::Path& path, resource::Errors& errors) {
  std::string text = node.text;
  std::erase_if(text, [](unsigned char c) { return absl::ascii_isspace(c); });
  std::string bytes;
  if (absl::Base64Unescape(text, &bytes) || absl::WebSafeBase64Unescape(text, &bytes)) {
    message.GetReflection()->SetString(&message, &field, bytes);
  } else {
    errors.Add(path, "must be base64");
  }
}

void ReadString(const YamlNode& node, Message& message, const FieldDescriptor& field,
                const resource::Path& path, resource::Errors& errors) {
  const bool names = field.options().GetExtension(v1::rule).file_only();
  if (!IsScalar(node)) {
    errors.Add(path, "must be a string");
  } else if (names && node.text.find('\0') != std::string::npos) {
    // The system would take what stands before it for the whole name.
    errors.Add(path, "must not hold the character NUL");
  } else if (field.type() == FieldDescriptor::TYPE_BYTES) {
    ReadBytes(node, message, field, path, errors);
  } else if (field.is_repeated()) {
    message.GetReflection()->AddString(&message, &field, node.text);
  } else {
    message.GetReflection()->SetString(&message, &field, node.text);
  }
}

void ReadBool(const YamlNode& node, Message& message, const FieldDescriptor& field,
              const resource::Path& path, resource::Errors& errors) {
  if (!IsScalar(node) || !node.plain || (node.text != "true" && node.text != "false")) {
    errors.Add(path, "must be true or false");
    return;
  }
  message.GetReflection()->SetBool(&message, &field, node.text == "true");
}

void ReadDouble(const YamlNode& node, Message& message, const FieldDescriptor& field,
                const resource::Path& path, resource::Errors& errors) {
  const std::optional<double> value =
      IsScalar(node) && node.plain ? ParseReal(node.text) : std::nullopt;
  if (!value) {
    errors.Add(path, "must be a number");
    return;
  }
  message.GetReflection()->SetDouble(&message, &field, *value);
}

/// Sizes are the fields whose name says `bytes`.
bool IsSize(const FieldDescriptor& field) {
  return field.name().ends_with("_bytes") || field.name().ends_with("bytes_per_second");
}

void ReadUnsigned(const YamlNode& node, Message& message, const FieldDescriptor& field,
                  const resource::Path& path, resource::Errors& errors) {
  const bool narrow = field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32;
  std::optional<uint64_t> value;
  if (IsScalar(node) && IsSize(field)) {
    const absl::StatusOr<uint64_t> size = resource::ParseSize(node.text);
    if (size.ok()) value = *size;
  } else if (IsScalar(node) && (node.plain || !narrow)) {  // JSON has 64 bits in quotes
    value = ParseNumber<uint64_t>(node.text);
  }
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

/// Only answers hold them.
void ReadSigned(const YamlNode& node, Message& message, const FieldDescriptor& field,
                const resource::Path& path, resource::Errors& errors) {
  const bool narrow = field.cpp_type() == FieldDescriptor::CPPTYPE_INT32;
  const std::optional<int64_t> value =
      IsScalar(node) ? ParseNumber<int64_t>(node.text) : std::nullopt;
  if (!value || (narrow && (*value > std::numeric_limits<int32_t>::max() ||
                            *value < std::numeric_limits<int32_t>::min()))) {
    errors.Add(path, "must be a whole number");
  } else if (narrow) {
    message.GetReflection()->SetInt32(&message, &field, static_cast<int32_t>(*value));
  } else {
    message.GetReflection()->SetInt64(&message, &field, *value);
  }
}

}  // namespace

std::string YamlName(const EnumDescriptor& type, int index) {
  const std::string& zero = type.value(0)->name();
  std::string name = type.value(index)->name();
  const std::string prefix = zero.substr(0, zero.size() - std::string_view("UNSPECIFIED").size());
  if (name.starts_with(prefix)) name.erase(0, prefix.size());
  return absl::AsciiStrToLower(name);
}

void ReadScalarField(const YamlNode& node, Message& message, const FieldDescriptor& field,
                     const resource::Path& path, resource::Errors& errors) {
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
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      return ReadSigned(node, message, field, path, errors);
    default:
      errors.Add(path, "has a type that a configuration file cannot hold");
  }
}

void ReadDuration(const YamlNode& node, google::protobuf::Duration& duration,
                  const resource::Path& path, resource::Errors& errors) {
  const absl::StatusOr<std::chrono::milliseconds> value =
      resource::ParseDuration(IsScalar(node) ? node.text : "");
  if (!value.ok()) {
    errors.Add(path, base::ToStd(value.status().message()));
    return;
  }
  duration = google::protobuf::util::TimeUtil::MillisecondsToDuration(value->count());
}

void ReadTimestamp(const YamlNode& node, google::protobuf::Timestamp& time,
                   const resource::Path& path, resource::Errors& errors) {
  using google::protobuf::util::TimeUtil;
  if (IsScalar(node) && TimeUtil::FromString(node.text, &time)) return;
  errors.Add(path, "must be a time such as 2027-01-31T12:00:00Z or 2027-01-31T13:00:00+01:00");
}

void ReadScalar(const YamlNode& node, v1::Scalar& scalar, const resource::Path& path,
                resource::Errors& errors) {
  if (!IsScalar(node)) {
    errors.Add(path, "must be a string, a number, true or false");
    return;
  }
  if (!node.plain) {
    scalar.set_string_value(node.text);
  } else if (node.text == "true" || node.text == "false") {
    scalar.set_bool_value(node.text == "true");
  } else if (IsJsonNumber(node.text)) {
    scalar.set_number(node.text);
  } else if (IsAmbiguous(node.text)) {
    errors.Add(path, "could be a string or not: put a string in quotes, write others as in JSON");
  } else {
    scalar.set_string_value(node.text);
  }
}

}  // namespace carillon::config
