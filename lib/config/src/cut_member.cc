#include "cut_member.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "carillon/resource/name.h"

namespace carillon::config {
namespace {

using Member = LocatedNode::Member;

/// The member that is written next; null when it is the last.
const Member* NextOf(const EditedMap& in, const Member& member) {
  const auto next = std::ranges::find_if(
      in.map.members, [&](const Member& other) { return other.begin > member.begin; });
  return next == in.map.members.end() ? nullptr : &*next;
}

/// One behind name and value, when both stand in one line.
std::optional<size_t> EndInLine(const EditedMap& in, const Member& member) {
  const bool empty = member.value.node->kind == YamlNode::Kind::kNull;
  const auto name = EndOfName(in.text, member);
  if (!name) return std::nullopt;
  const auto end = empty ? in.text.find(':', *name) + 1 : EndOfValue(in.text, member.value);
  return end && *end <= EndOfLine(in.text, member.begin) ? end : std::nullopt;
}

/// Takes out the first member of a list's element, behind its dash: the next one moves there.
void CutBehindDash(const EditedMap& in, const Member& member, size_t end) {
  const Member* next = NextOf(in, member);
  if (next == nullptr || in.text.substr(end, next->begin - end).find('#') != in.text.npos) {
    return in.errors.Add(in.path.Member(member.name),
                         "stands first, without another behind it or with a comment there; write "
                         "it below the name");
  }
  in.edits.Replace(member.begin, next->begin, "");
}

bool IsIdText(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-';
  });
}

/// A text as YAML has it; nullopt when it would have to be escaped.
std::optional<std::string> Written(const std::string& name, bool plain) {
  if (plain) return name;
  const bool simple = std::ranges::none_of(
      name, [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; });
  if (!simple) return std::nullopt;
  return absl::StrCat("\"", name, "\"");
}

/// Returns whether the name could be changed.
bool PutIntoName(const EditedMap& in, const std::string& tenant, std::string_view collection) {
  const auto name = std::ranges::find(in.map.members, "name", &Member::name);
  const resource::Path place = in.path.Member("name");
  if (name == in.map.members.end()) {
    in.errors.Add(place, "is missing; the tenant becomes part of it");
    return false;
  }
  const LocatedNode& value = *name->value.node;
  const auto end = EndOfValue(in.text, name->value);
  if (value.kind != YamlNode::Kind::kScalar || !end || (value.anchored && !name->value.alias)) {
    in.errors.Add(place,
                  "must be a text in one line without an anchor, since the tenant becomes "
                  "part of it");
    return false;
  }
  if (value.text.find('/') != std::string::npos) {
    in.errors.Add(place, "names a tenant already, beside the member `tenant`");
    return false;
  }
  const auto whole = Written(resource::MakeName(tenant, collection, value.text),
                             IsIdText(tenant) && IsIdText(value.text));
  if (!whole) {
    in.errors.Add(place, "and the tenant have characters that must not stand in them");
    return false;
  }
  in.edits.Replace(name->value.begin, *end, *whole);
  return true;
}

}  // namespace

void CutFromFlow(const EditedMap& in, const Member& member) {
  if (const Member* next = NextOf(in, member)) {
    return in.edits.Replace(member.begin, next->begin, "");
  }
  const size_t comma = in.text.find_last_not_of(" \t\r\n", member.begin - 1);
  if (comma == in.text.npos || in.text[comma] != ',') {
    return in.errors.Add(in.path.Member(member.name),
                         "stands behind a comment in braces; write it in a line without");
  }
  in.edits.Replace(comma, EndInLine(in, member).value_or(member.begin), "");
}

void CutLine(const EditedMap& in, const Member& member) {
  const size_t begin = BeginOfLine(in.text, member.begin);
  const size_t end = in.text.find('\n', member.begin);
  if (end != in.text.npos) return in.edits.Replace(begin, end + 1, "");
  // The last line has no end; that of the one before it goes.
  const bool crlf = begin > 1 && in.text[begin - 2] == '\r';
  const size_t before = begin == 0 ? 0 : begin - (crlf ? 2 : 1);
  in.edits.Replace(before, in.text.size(), "");
}

void CutMember(const EditedMap& in, const Member& member) {
  const auto end = EndInLine(in, member);
  if (!end) {
    return in.errors.Add(in.path.Member(member.name), "must stand in one line, name and value");
  }
  if (in.map.flow) return CutFromFlow(in, member);
  const size_t begin = BeginOfLine(in.text, member.begin);
  if (in.text.substr(begin, member.begin - begin).find_first_not_of(' ') != in.text.npos) {
    return CutBehindDash(in, member, *end);
  }
  const std::string_view behind = in.text.substr(*end, EndOfLine(in.text, *end) - *end);
  const size_t comment = behind.find('#');
  if (comment == behind.npos) return CutLine(in, member);
  in.edits.Replace(member.begin, *end + comment, "");
}

void JoinTenantToName(const EditedMap& in, const Member& tenant, std::string_view collection) {
  const LocatedNode& value = *tenant.value.node;
  const bool none = value.kind == YamlNode::Kind::kNull;
  if (!none && value.kind != YamlNode::Kind::kScalar) {
    return in.errors.Add(in.path.Member(tenant.name), "must be a text");
  }
  const bool is_default = none || value.text.empty() || value.text == "default";
  if (is_default || PutIntoName(in, value.text, collection)) CutMember(in, tenant);
}

}  // namespace carillon::config
