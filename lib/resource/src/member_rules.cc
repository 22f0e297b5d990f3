#include "member_rules.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"

namespace carillon::resource {
namespace {

using google::protobuf::util::TimeUtil;

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool IsLabelChar(char c) { return IsLowerOrDigit(c) || c == '-'; }
bool IsTypeChar(char c) { return IsLabelChar(c) || c == '_' || c == '.'; }
bool IsWordChar(char c) { return IsTypeChar(c) || (c >= 'A' && c <= 'Z'); }

bool Consists(std::string_view s, size_t max, bool (*of)(char)) {
  return !s.empty() && s.size() <= max && std::ranges::all_of(s, of);
}

}  // namespace

std::chrono::milliseconds Millis(const google::protobuf::Duration& duration) {
  return std::chrono::milliseconds(TimeUtil::DurationToMilliseconds(duration));
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
