#include "read_labels.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"

namespace carillon::resource {
namespace {

constexpr size_t kMaxLabels = 32;
constexpr size_t kMaxLabelBytes = 63;
constexpr size_t kMaxDnsNameBytes = 253;
constexpr size_t kMaxAnnotationBytes = 16 * 1024;

bool IsAlnum(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }

/// 1 to 63 characters of [A-Za-z0-9_.-], beginning and ending with a letter or a digit.
bool IsName(std::string_view s) {
  return !s.empty() && s.size() <= kMaxLabelBytes && IsAlnum(s.front()) && IsAlnum(s.back()) &&
         std::ranges::all_of(s,
                             [](char c) { return IsAlnum(c) || c == '-' || c == '_' || c == '.'; });
}

/// A DNS name: labels of [a-z0-9-] that begin and end with a letter or a digit, dots between.
bool IsDnsName(std::string_view s) {
  if (s.empty() || s.size() > kMaxDnsNameBytes) return false;
  char before = '.';
  for (const char c : s) {
    const bool word = absl::ascii_islower(static_cast<unsigned char>(c)) ||
                      absl::ascii_isdigit(static_cast<unsigned char>(c));
    const bool joins = (c == '-' && before != '.') || (c == '.' && before != '.' && before != '-');
    if (!word && !joins) return false;
    before = c;
  }
  return before != '.' && before != '-';
}

bool IsKey(std::string_view s) {
  const size_t slash = s.find('/');
  if (slash == s.npos) return IsName(s);
  return IsDnsName(s.substr(0, slash)) && IsName(s.substr(slash + 1));
}

/// Those of `given` in the order of their keys, of which each is looked at.
model::Labels Sorted(const GivenLabels& given, const Path& path, Errors& errors) {
  model::Labels labels;
  if (given.size() > kMaxLabels) {
    errors.Add(path, absl::StrCat("must be at most ", kMaxLabels));
    return labels;
  }
  for (const auto& [key, value] : given) {
    if (!IsKey(key)) {
      errors.Add(path,
                 "must have keys of 1-63 characters of [A-Za-z0-9_.-], beginning and ending with a "
                 "letter or digit, before which a DNS name and a / may stand");
    }
    labels.emplace_back(key, value);
  }
  std::ranges::sort(labels);
  return labels;
}

}  // namespace

model::Labels ReadLabels(const GivenLabels& given, const Path& path, Errors& errors) {
  model::Labels labels = Sorted(given, path, errors);
  for (const auto& [key, value] : labels) {
    if (value.empty() || IsName(value)) continue;
    errors.Add(path.Member(key),
               "must be empty, or 1-63 characters of [A-Za-z0-9_.-], beginning and ending with a "
               "letter or digit");
  }
  return labels;
}

model::Labels ReadAnnotations(const GivenLabels& given, const Path& path, Errors& errors) {
  model::Labels annotations = Sorted(given, path, errors);
  size_t bytes = 0;
  for (const auto& [key, value] : annotations) {
    bytes += key.size() + value.size();
    if (base::FindInvalidUtf8(value)) errors.Add(path.Member(key), "must be UTF-8");
  }
  if (bytes > kMaxAnnotationBytes) errors.Add(path, "must be at most 16 KiB in all");
  return annotations;
}

}  // namespace carillon::resource
