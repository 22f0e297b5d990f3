#include "carillon/aip/resource_name.h"

#include <algorithm>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "carillon/base/text.h"
#include "google/api/resource.pb.h"

namespace carillon::aip {
namespace {

constexpr size_t kMaxIdBytes = 256;

bool IsVariable(const std::string& segment) { return segment.front() == '{'; }

bool IsId(std::string_view text) {
  if (text.empty() || text.size() > kMaxIdBytes || text == "." || text == "..") return false;
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

NamePattern::NamePattern(std::string_view pattern)
    : segments_(absl::StrSplit(base::ToAbsl(pattern), '/')) {}

std::vector<NamePattern> NamePattern::Of(const google::protobuf::Descriptor& type) {
  std::vector<NamePattern> patterns;
  for (const std::string& pattern : type.options().GetExtension(google::api::resource).pattern()) {
    patterns.emplace_back(pattern);
  }
  return patterns;
}

std::optional<std::vector<std::string>> NamePattern::Match(std::string_view name,
                                                           bool wildcards) const {
  if (name.size() > kMaxNameBytes) return std::nullopt;
  // Most names that are looked at are of another kind: what they cost is to find that out.
  absl::InlinedVector<std::string_view, 4> ids;
  for (size_t i = 0; i < segments_.size(); ++i) {
    const size_t end = name.find('/');
    if ((end == name.npos) != (i + 1 == segments_.size())) return std::nullopt;
    const std::string_view part = name.substr(0, end);
    name.remove_prefix(std::min(name.size(), part.size() + 1));
    if (!IsVariable(segments_[i])) {
      if (part != segments_[i]) return std::nullopt;
      continue;
    }
    if (!IsId(part) || (part == kAny && !wildcards)) return std::nullopt;
    ids.push_back(part);
  }
  return std::vector<std::string>(ids.begin(), ids.end());
}

std::string NamePattern::Format(const std::vector<std::string>& ids) const {
  std::vector<std::string> parts = segments_;
  size_t next = 0;
  for (std::string& part : parts) {
    if (IsVariable(part)) part = ids.at(next++);
  }
  return absl::StrJoin(parts, "/");
}

std::optional<NamePattern> NamePattern::Parent() const {
  if (segments_.size() < 4) return std::nullopt;
  NamePattern parent = *this;
  parent.segments_.resize(segments_.size() - 2);
  return parent;
}

std::string NamePattern::ToString() const { return absl::StrJoin(segments_, "/"); }

}  // namespace carillon::aip
