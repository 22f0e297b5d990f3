#include "carillon/control/member_suggestions.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "carillon/aip/error.h"
#include "carillon/aip/page_token.h"
#include "carillon/base/random.h"
#include "carillon/base/similar.h"
#include "carillon/base/text.h"
#include "carillon/ingest/sample.h"
#include "carillon/model/operational.h"
#include "carillon/resource/read_event_type.h"
#include "carillon/schema/payload_members.h"

namespace carillon::control {
namespace {

using Member = v1::SuggestMembersResponse::Member;
using schema::PayloadMember;

/// Event types by name; null: nothing is registered of it.
using KnownTypes = std::map<std::string, schema::EventTypePtr, std::less<>>;

constexpr std::string_view kAnyBehind = ".*";
constexpr base::WallTime kSampledAt{std::chrono::seconds(1'767'225'600)};  // 2026-01-01T00:00:00Z

KnownTypes TypesOf(const View& view) {
  KnownTypes known;
  for (const resource::SnapshotPtr& snapshot : {view.file(), view.stored()}) {
    for (const std::string& name : *snapshot->types) known.try_emplace(name);
    for (const schema::EventTypePtr& type : *snapshot->event_types) known[type->name] = type;
  }
  return known;
}

bool Matches(std::string_view pattern, std::string_view type) {
  if (pattern == "*") return !model::IsOperational(type);
  if (!pattern.ends_with(kAnyBehind)) return pattern == type;
  return type.starts_with(pattern.substr(0, pattern.size() - 1));
}

absl::Status UnknownType(int index, std::string_view pattern, const KnownTypes& known) {
  std::vector<std::string_view> names;
  for (const auto& [name, type] : known) names.push_back(name);
  const bool exact = !pattern.ends_with('*');
  return aip::BadField(
      absl::StrCat("types[", index, "]"), "NOT_IN_CATALOG",
      absl::StrCat(exact ? "unknown event type '" : "no event type matches '",
                   base::Printable(pattern), "'", base::DidYouMean(pattern, names)));
}

absl::Status CheckBounds(const v1::SuggestMembersRequest& request) {
  if (request.types_size() > MemberSuggestions::kMaxPatterns) {
    return aip::BadField("types", "TOO_MANY",
                         absl::StrCat("must be at most ", MemberSuggestions::kMaxPatterns));
  }
  if (request.prefix().size() > schema::kMaxMemberPathBytes) {
    return aip::BadField("prefix", "TOO_LONG",
                         absl::StrCat("must have at most ", schema::kMaxMemberPathBytes, " bytes"));
  }
  return absl::OkStatus();
}

/// Those that the request names, by name; each once.
absl::StatusOr<std::vector<KnownTypes::const_iterator>> TypesOf(
    const v1::SuggestMembersRequest& request, const KnownTypes& known) {
  std::vector<std::string_view> patterns;
  for (const std::string& given : request.types()) {
    patterns.push_back(resource::EventTypeId(given));
    const std::string_view pattern = patterns.back();
    const bool found =
        std::ranges::any_of(known, [&](const auto& type) { return Matches(pattern, type.first); });
    if (!found) return UnknownType(static_cast<int>(patterns.size()) - 1, pattern, known);
  }
  if (patterns.empty()) patterns.emplace_back("*");
  std::vector<KnownTypes::const_iterator> types;
  for (auto type = known.begin(); type != known.end(); ++type) {
    const bool asked = std::ranges::any_of(
        patterns, [&](std::string_view pattern) { return Matches(pattern, type->first); });
    if (asked) types.push_back(type);
  }
  return types;
}

std::vector<PayloadMember> MembersOf(const std::string& name, const schema::EventTypePtr& type) {
  if (type != nullptr) return schema::FindMembers(*type);
  base::SeededRandom random(1);  // of its id, which is not looked at
  const auto sample = ingest::SampleEvent(name, "default", kSampledAt, random);
  return sample == nullptr ? std::vector<PayloadMember>() : schema::FindMembers(sample->payload());
}

Member::Kind ToProto(PayloadMember::Kind kind) {
  switch (kind) {
    case PayloadMember::Kind::kText:
      return Member::TEXT;
    case PayloadMember::Kind::kNumber:
      return Member::NUMBER;
    case PayloadMember::Kind::kBoolean:
      return Member::BOOLEAN;
    case PayloadMember::Kind::kObject:
      return Member::OBJECT;
    case PayloadMember::Kind::kList:
      return Member::LIST;
    case PayloadMember::Kind::kAny:
      break;
  }
  return Member::KIND_UNSPECIFIED;
}

/// Adds what one more event type says of a member.
void Merge(const PayloadMember& from, Member& to) {
  const Member::Kind kind = ToProto(from.kind);
  if (to.event_type_count() == 0) {
    for (const std::string& name : from.names) to.add_names(name);
    to.set_path(absl::StrJoin(from.names, "."));
    to.set_kind(kind);
  } else if (to.kind() != kind) {
    to.set_kind(Member::KIND_UNSPECIFIED);
  }
  to.set_event_type_count(to.event_type_count() + 1);
  if (to.sample().empty()) to.set_sample(from.sample);
  if (to.description().empty()) to.set_description(from.description);
  for (const std::string& value : from.values) {
    if (static_cast<size_t>(to.values_size()) >= schema::kMaxMemberValues) return;
    if (std::ranges::find(to.values(), value) == to.values().end()) to.add_values(value);
  }
}

}  // namespace

absl::Status MemberSuggestions::Suggest(const v1::SuggestMembersRequest& request,
                                        v1::SuggestMembersResponse& response) const {
  absl::Status status = CheckBounds(request);
  if (!status.ok()) return status;
  const auto size = aip::PageSize(request.page_size(), kDefaultMembers, kMaxMembers);
  if (!size.ok()) return size.status();
  const KnownTypes known = TypesOf(view_);
  const auto types = TypesOf(request, known);
  if (!types.ok()) return types.status();
  std::map<std::vector<std::string>, Member> found;
  for (size_t i = 0; i < std::min(types->size(), kMaxTypes); ++i) {
    const auto& [name, type] = *(*types)[i];
    for (const PayloadMember& member : MembersOf(name, type)) {
      const std::string path = absl::StrJoin(member.names, ".");
      if (path.starts_with(request.prefix())) Merge(member, found[member.names]);
    }
  }
  std::vector<Member*> sorted;
  for (auto& [names, member] : found) sorted.push_back(&member);
  std::ranges::sort(sorted, [](const Member* a, const Member* b) {
    if (a->event_type_count() != b->event_type_count()) {
      return a->event_type_count() > b->event_type_count();
    }
    return a->path() < b->path();
  });
  response.set_truncated(sorted.size() > *size || types->size() > kMaxTypes);
  sorted.resize(std::min(sorted.size(), *size));
  for (Member* member : sorted) response.add_members()->Swap(member);
  return absl::OkStatus();
}

}  // namespace carillon::control
