#include "carillon/schema/payload_members.h"

#include <utility>

#include "carillon/json/members.h"
#include "member_list.h"

namespace carillon::schema {
namespace {

void AddOfObject(std::string_view object, std::vector<std::string>& names, MemberList& to) {
  std::vector<json::RawMember> members;
  if (names.size() >= kMaxMemberDepth || json::ReadMembers(object, json::kMaxDepth, members))
    return;
  for (json::RawMember& member : members) {
    names.push_back(std::move(member.name));
    if (PayloadMember* const found = to.Add(names)) {
      const MemberKind kind = KindOfJson(member.value);
      if (found->kind == MemberKind::kAny) found->kind = kind;
      if (member.value.size() <= kMaxMemberValueBytes) found->sample = member.value;
      if (kind == MemberKind::kObject) AddOfObject(member.value, names, to);
    }
    names.pop_back();
  }
}

}  // namespace

PayloadMember* MemberList::Add(std::span<const std::string> names) {
  std::string key;
  size_t bytes = 0;
  for (const std::string& name : names) {
    bytes += name.size();
    key.append(name).push_back('\0');
  }
  if (bytes > kMaxMemberPathBytes) return nullptr;
  const auto found = places_.find(key);
  if (found != places_.end()) return &members_[found->second];
  if (members_.size() >= kMaxMembers) return nullptr;
  places_.emplace(std::move(key), members_.size());
  members_.push_back({.names = {names.begin(), names.end()}});
  return &members_.back();
}

MemberKind KindOfJson(std::string_view json) {
  switch (json.empty() ? ' ' : json.front()) {
    case '{':
      return MemberKind::kObject;
    case '[':
      return MemberKind::kList;
    case '"':
      return MemberKind::kText;
    case 't':
    case 'f':
      return MemberKind::kBoolean;
    case 'n':
    case ' ':
      return MemberKind::kAny;
    default:
      return MemberKind::kNumber;
  }
}

void AddSampleMembers(std::string_view json, MemberList& to) {
  std::vector<std::string> names;
  AddOfObject(json, names, to);
}

std::vector<PayloadMember> FindMembers(const EventType& type) {
  MemberList members;
  if (type.message != nullptr) AddMessageMembers(type.message->descriptor(), members);
  if (type.json != nullptr) AddSchemaMembers(*type.json, members);
  AddSampleMembers(type.sample, members);
  return std::move(members).Take();
}

std::vector<PayloadMember> FindMembers(std::string_view sample) {
  MemberList members;
  AddSampleMembers(sample, members);
  return std::move(members).Take();
}

}  // namespace carillon::schema
