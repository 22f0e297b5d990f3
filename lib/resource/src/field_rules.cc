#include "field_rules.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/util/time_util.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "carillon/resource/units.h"
#include "carillon/v1/options.pb.h"
#include "google/api/field_behavior.pb.h"

namespace carillon::resource {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::TimeUtil;
using Rules = std::vector<FieldRule>;

bool IsDuration(const FieldDescriptor& field) {
  return field.message_type() == Duration::descriptor();
}

bool IsSize(const FieldDescriptor& field) {
  return field.name().ends_with("_bytes") || field.name().ends_with("bytes_per_second");
}

[[noreturn]] void Impossible(const FieldDescriptor& field, const std::string& text) {
  std::fprintf(stderr, "%s has a rule that makes no sense: %s\n", field.full_name().c_str(),
               text.c_str());
  std::abort();
}

/// What a bound or a default says; nothing when it says nothing.
std::optional<double> ValueOf(const FieldDescriptor& field, const std::string& text) {
  if (text.empty()) return std::nullopt;
  if (IsDuration(field)) {
    const auto duration = ParseDuration(text);
    if (!duration.ok()) Impossible(field, text);
    return static_cast<double>(duration->count());
  }
  if (IsSize(field)) {
    const auto size = ParseSize(text);
    if (!size.ok()) Impossible(field, text);
    return static_cast<double>(*size);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) Impossible(field, text);
  return value;
}

bool IsRequired(const FieldDescriptor& field) {
  const auto& options = field.options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == google::api::REQUIRED) return true;
  }
  return false;
}

/// Those of a message's fields, made once for each type and thread.
const Rules& RulesOf(const Descriptor& type) {
  thread_local absl::flat_hash_map<const Descriptor*, std::unique_ptr<const Rules>> known;
  std::unique_ptr<const Rules>& rules = known[&type];
  if (rules != nullptr) return *rules;
  Rules made;
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->options().HasExtension(v1::rule)) made.push_back(RuleOf(*type.field(i)));
  }
  rules = std::make_unique<const Rules>(std::move(made));
  return *rules;
}

double NumberIn(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return static_cast<double>(reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.GetDouble(message, &field);
    default:
      return static_cast<double>(TimeUtil::DurationToMilliseconds(
          static_cast<const Duration&>(reflection.GetMessage(message, &field))));
  }
}

void SetNumber(Message& message, const FieldDescriptor& field, double value) {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.SetUInt32(&message, &field, static_cast<uint32_t>(value));
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.SetUInt64(&message, &field, static_cast<uint64_t>(value));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.SetDouble(&message, &field, value);
    default:
      static_cast<Duration&>(*reflection.MutableMessage(&message, &field)) =
          TimeUtil::MillisecondsToDuration(static_cast<int64_t>(value));
  }
}

bool HasBounds(const FieldRule& rule) { return rule.min || rule.max; }

void CheckNumber(double value, const FieldRule& rule, const Path& path, Errors& errors) {
  if (!HasBounds(rule) || (rule.or_zero && value == 0)) return;
  // NaN is never within.
  if (value >= rule.min.value_or(value) && value <= rule.max.value_or(value)) return;
  errors.Add(path, absl::StrCat("must be ", Shown(*rule.min, *rule.field), " to ",
                                Shown(*rule.max, *rule.field), rule.or_zero ? ", or 0" : ""));
}

void CheckList(const Message& message, const FieldRule& rule, const Path& path, Errors& errors) {
  const auto& reflection = *message.GetReflection();
  const int count = reflection.FieldSize(message, rule.field);
  const bool required = IsRequired(*rule.field);
  if (rule.max_items > 0 && (count > rule.max_items || (required && count == 0))) {
    return errors.Add(
        path, absl::StrCat(required ? "must be 1 to " : "must be at most ", rule.max_items));
  }
  if (!IsDuration(*rule.field)) return;
  for (int i = 0; i < count; ++i) {
    const auto& element =
        static_cast<const Duration&>(reflection.GetRepeatedMessage(message, rule.field, i));
    CheckNumber(static_cast<double>(TimeUtil::DurationToMilliseconds(element)), rule, path.At(i),
                errors);
  }
}

void CheckField(const Message& message, const FieldRule& rule, const Path& path, Errors& errors) {
  const FieldDescriptor& field = *rule.field;
  const auto& reflection = *message.GetReflection();
  if (field.is_repeated()) return CheckList(message, rule, path, errors);
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    std::string scratch;
    const std::string& text = reflection.GetStringReference(message, &field, &scratch);
    if (rule.max_bytes > 0 && text.size() > rule.max_bytes) {
      errors.Add(path, absl::StrCat("must be at most ", rule.max_bytes, " bytes"));
    }
    return;
  }
  if (!HasBounds(rule) || (field.has_presence() && !reflection.HasField(message, &field))) return;
  CheckNumber(NumberIn(message, field), rule, path, errors);
}

void FillIn(Message& message, const FieldRule& rule) {
  const FieldDescriptor& field = *rule.field;
  if (field.is_repeated() || message.GetReflection()->HasField(message, &field)) return;
  if (rule.fallback) SetNumber(message, field, *rule.fallback);
  if (!rule.text.empty()) message.GetReflection()->SetString(&message, &field, rule.text);
}

}  // namespace

FieldRule RuleOf(const FieldDescriptor& field) {
  const v1::Rule& given = field.options().GetExtension(v1::rule);
  FieldRule rule{.field = &field,
                 .or_zero = given.or_zero(),
                 .max_bytes = given.max_bytes(),
                 .max_items = static_cast<int>(given.max_items())};
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    rule.text = given.default_();
    return rule;
  }
  rule.fallback = ValueOf(field, given.default_());
  rule.min = ValueOf(field, given.min());
  rule.max = ValueOf(field, given.max());
  if (rule.min.has_value() != rule.max.has_value()) Impossible(field, "one bound alone");
  return rule;
}

void ApplyRules(Message& message, const Path& path, Errors& errors) {
  for (const FieldRule& rule : RulesOf(*message.GetDescriptor())) {
    FillIn(message, rule);
    CheckField(message, rule, path.Member(rule.field->name()), errors);
  }
}

void CheckRules(const Message& message, const Path& path, Errors& errors) {
  for (const FieldRule& rule : RulesOf(*message.GetDescriptor())) {
    CheckField(message, rule, path.Member(rule.field->name()), errors);
  }
}

std::string Shown(double value, const FieldDescriptor& field) {
  if (IsDuration(field)) {
    return FormatMillis(std::chrono::milliseconds(static_cast<int64_t>(value)));
  }
  if (IsSize(field)) return FormatSize(static_cast<uint64_t>(value));
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) return absl::StrCat(value);
  return std::to_string(static_cast<uint64_t>(value));
}

}  // namespace carillon::resource
