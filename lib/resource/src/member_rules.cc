#include "member_rules.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/resource/units.h"

namespace carillon::resource {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::TimeUtil;

constexpr size_t kMaxDescriptionBytes = 1024;
constexpr size_t kMaxDisplayNameBytes = 128;

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool IsLabelChar(char c) { return IsLowerOrDigit(c) || c == '-'; }
bool IsTypeChar(char c) { return IsLabelChar(c) || c == '_' || c == '.'; }
bool IsWordChar(char c) { return IsTypeChar(c) || (c >= 'A' && c <= 'Z'); }

bool Consists(std::string_view s, size_t max, bool (*of)(char)) {
  return !s.empty() && s.size() <= max && std::ranges::all_of(s, of);
}

}  // namespace

void Apply(const NumberRule& rule, Message& message, const Path& path, Errors& errors) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(rule.member);
  const auto& reflection = *message.GetReflection();
  const bool narrow = field->cpp_type() == FieldDescriptor::CPPTYPE_UINT32;
  if (!reflection.HasField(message, field)) {
    if (narrow) {
      reflection.SetUInt32(&message, field, static_cast<uint32_t>(rule.fallback));
    } else {
      reflection.SetUInt64(&message, field, rule.fallback);
    }
    return;
  }
  const uint64_t value =
      narrow ? reflection.GetUInt32(message, field) : reflection.GetUInt64(message, field);
  if (value >= rule.min && value <= rule.max) return;
  const auto show = [&](uint64_t n) { return rule.is_size ? FormatSize(n) : std::to_string(n); };
  errors.Add(path.Member(rule.member),
             absl::StrCat("must be ", show(rule.min), " to ", show(rule.max)));
}

void Apply(const DurationRule& rule, Message& message, const Path& path, Errors& errors) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(rule.member);
  const auto& reflection = *message.GetReflection();
  const bool given = reflection.HasField(message, field);
  auto& duration =
      static_cast<google::protobuf::Duration&>(*reflection.MutableMessage(&message, field));
  if (!given) {
    duration = TimeUtil::MillisecondsToDuration(rule.fallback.count());
    return;
  }
  CheckDuration(std::chrono::milliseconds(TimeUtil::DurationToMilliseconds(duration)), rule.min,
                rule.max, path.Member(rule.member), errors);
}

std::chrono::milliseconds Millis(const google::protobuf::Duration& duration) {
  return std::chrono::milliseconds(TimeUtil::DurationToMilliseconds(duration));
}

void CheckDuration(std::chrono::milliseconds value, std::chrono::milliseconds min,
                   std::chrono::milliseconds max, const Path& path, Errors& errors) {
  if (value >= min && value <= max) return;
  errors.Add(path, absl::StrCat("must be ", FormatMillis(min), " to ", FormatMillis(max)));
}

void CheckRange(double value, double min, double max, const Path& path, Errors& errors) {
  if (value >= min && value <= max) return;
  errors.Add(path, absl::StrCat("must be ", min, " to ", max));
}

bool IsDestinationName(std::string_view s) {
  return IsLabel(s) && IsLowerOrDigit(s.front()) && IsLowerOrDigit(s.back());
}

bool IsLabel(std::string_view s) { return Consists(s, 63, IsLabelChar); }

bool IsTenant(std::string_view s) {
  return Consists(s, 128, IsWordChar) && s != "-" && s != "." && s != "..";
}

bool IsTypeName(std::string_view s) {
  return Consists(s, 128, IsTypeChar) && s.front() != '.' && s.back() != '.' &&
         s.find("..") == s.npos;
}

bool IsAttributeKey(std::string_view s) { return Consists(s, 64, IsWordChar); }

bool IsUriReference(std::string_view s) {
  if (s.empty()) return false;
  for (size_t i = 0; i < s.size(); ++i) {
    const auto hex = [&](size_t at) {
      return at < s.size() && absl::ascii_isxdigit(static_cast<unsigned char>(s[at]));
    };
    if (s[i] == '%' && !(hex(i + 1) && hex(i + 2))) return false;
    const bool other = std::string_view("~%:/?#[]@!$&'()*+,;=").find(s[i]) != s.npos;
    if (!IsWordChar(s[i]) && !other) return false;
  }
  return true;
}

void CheckDescription(std::string_view text, const Path& path, Errors& errors) {
  if (text.size() > kMaxDescriptionBytes) errors.Add(path, "must be at most 1024 bytes");
}

void CheckDisplayName(std::string_view text, const Path& path, Errors& errors) {
  if (text.size() > kMaxDisplayNameBytes || base::FindInvalidUtf8(text)) {
    errors.Add(path, "must be at most 128 bytes of UTF-8");
  }
}

const NameRule kDestinationNames = {
    kDestinations, &IsDestinationName,
    "must be 1-63 characters of [a-z0-9-], beginning and ending with [a-z0-9]"};
const NameRule kSubscriptionNames = {kSubscriptions, &IsLabel,
                                     "must be 1-63 characters of [a-z0-9-]"};

NameParts ReadName(std::string_view given, const NameRule& rule, const Path& path, Errors& errors) {
  const auto parts = ParseName(given, rule.collection);
  if (given.empty()) {
    errors.Add(path, rule.says);
  } else if (!parts) {
    errors.Add(path, absl::StrCat("must be tenants/TENANT/", base::ToAbsl(rule.collection),
                                  "/NAME; in a file NAME alone belongs to the tenant default"));
  } else if (!IsTenant(parts->tenant)) {
    errors.Add(path,
               "must have a tenant of 1-128 characters of [A-Za-z0-9_.-] other than -, . and ..");
  } else if (!rule.is_id(parts->id)) {
    errors.Add(path, rule.says);
  } else {
    return *parts;
  }
  return {};
}

}  // namespace carillon::resource
