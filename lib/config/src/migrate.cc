#include "carillon/config/migrate.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "carillon/base/text.h"
#include "carillon/resource/path.h"
#include "carillon/v1/config.pb.h"
#include "cut_member.h"
#include "file.h"
#include "from_yaml.h"
#include "input_members.h"
#include "located_yaml.h"
#include "old_members.h"
#include "text_edits.h"

namespace carillon::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using resource::Path;

using Member = LocatedNode::Member;

/// A member as an earlier version had it, where it was found.
struct FoundMember {
  const Member* member;
  const OldMember* old;
  std::vector<std::string> now;  ///< the names that lead to its value
};

/// What is a message in the schema and something else in YAML, and so has no members there.
bool HasMembers(const Descriptor& type) {
  return type.file()->package() == "carillon.v1" && &type != v1::Scalar::descriptor();
}

/// Walks a file, and collects what has to be written otherwise.
class Migrator {
 public:
  Migrator(std::string_view text, resource::Errors& errors)
      : text_(text),
        line_end_(text.find("\r\n") == text.npos ? "\n" : "\r\n"),
        edits_(text),
        errors_(errors) {}

  void Walk(const LocatedPlace& place, const Descriptor& type, const Path& path);
  Migrated Take();

 private:
  struct Change {
    size_t at;
    std::string what;
  };

  void WalkField(const LocatedPlace& value, const FieldDescriptor& field, const Path& path);
  /// Rewrites the members of one mapping that stand in one new member.
  void Rewrite(const LocatedNode& map, const std::vector<FoundMember>& group, const Path& path);
  /// Tells of a member that is written otherwise.
  void Note(const Member& member, const OldMember& old, const Path& path);
  void Rename(const FoundMember& found, const Path& path);
  void TurnRound(const LocatedPlace& value, const Path& path);
  void Nest(const LocatedNode& map, const std::vector<FoundMember>& group, const Path& path);
  void NestInBlock(const LocatedNode& map, const std::vector<FoundMember>& group, const Path& path);
  void NestInFlow(const LocatedNode& map, const std::vector<FoundMember>& group, const Path& path);
  /// Whether each has a name and a value in one line; adds an error if not.
  bool StandInOneLine(const std::vector<FoundMember>& group, const Path& path);
  /// `outer:` and so on, each name but the last in a line of its own.
  std::string NamesInBlock(std::vector<std::string> names, size_t column) const;
  size_t EndOf(const LocatedPlace& value) const { return *EndOfValue(text_, value); }
  size_t EndOfNameOf(const Member& member) const { return *EndOfName(text_, member); }

  const std::string_view text_;
  const std::string_view line_end_;
  TextEdits edits_;
  resource::Errors& errors_;
  std::vector<Change> changes_;
  /// As what each was looked at, since aliases lead to one several times.
  absl::flat_hash_map<const LocatedNode*, const Descriptor*> seen_;
};

void Migrator::Walk(const LocatedPlace& place, const Descriptor& type, const Path& path) {
  const LocatedNode& map = *place.node;
  if (map.kind != YamlNode::Kind::kMap || errors_.full()) return;
  const auto [seen, is_new] = seen_.emplace(&map, &type);
  if (!is_new && seen->second == &type) return;
  std::map<std::string, std::vector<FoundMember>> groups;
  for (const Member& member : map.members) {
    if (errors_.full()) return;
    const FieldDescriptor* field = FindMember(type, member.name);
    if (field != nullptr) {
      WalkField(member.value, *field, path.Member(member.name));
      continue;
    }
    const OldMember* old = FindOldMember(type, member.name);
    if (old == nullptr) {
      AddUnknownMember(member.name, type, path, errors_);
    } else if (!is_new) {
      errors_.Add(path.Member(member.name), "stands for other things by aliases: write it twice");
    } else if (!old->collection.empty()) {
      JoinTenantToName({text_, map, path, edits_, errors_}, member, old->collection);
      Note(member, *old, path);
    } else if (!old->instead.empty()) {
      CutMember({text_, map, path, edits_, errors_}, member);
      Note(member, *old, path);
    } else {
      std::vector<std::string> now = absl::StrSplit(base::ToAbsl(old->now), '.');
      std::string outer = now.front();
      groups[std::move(outer)].push_back({&member, old, std::move(now)});
    }
  }
  for (const auto& [outer, group] : groups) Rewrite(map, group, path);
}

void Migrator::WalkField(const LocatedPlace& value, const FieldDescriptor& field,
                         const Path& path) {
  const Descriptor* type = field.message_type();
  if (type == nullptr || !HasMembers(*type)) return;
  if (!field.is_repeated()) return Walk(value, *type, path);
  for (size_t i = 0; i < value.node->items.size(); ++i) {
    Walk(value.node->items[i], *type, path.At(static_cast<int>(i)));
  }
}

void Migrator::Rewrite(const LocatedNode& map, const std::vector<FoundMember>& group,
                       const Path& path) {
  const FoundMember& first = group.front();
  const Path place = path.Member(first.member->name);
  for (const Member& other : map.members) {
    if (other.name != first.now.front()) continue;
    return errors_.Add(place, absl::StrCat(SayWhatItIsNow(*first.old), ", which stands beside it"));
  }
  for (const FoundMember& found : group) {
    const Path member = path.Member(found.member->name);
    if (!EndOfName(text_, *found.member)) {
      return errors_.Add(member, "has a name that is no plain text with a colon behind it");
    }
    const bool twice = std::ranges::any_of(group, [&](const FoundMember& other) {
      return &other != &found &&
             (found.now.size() == 1 || other.now.size() == 1 || other.now[1] == found.now[1]);
    });
    if (twice) return errors_.Add(member, "stands beside another that says the same");
  }
  if (first.now.size() > 1) {
    Nest(map, group, path);
  } else {
    Rename(first, place);
  }
  for (const FoundMember& found : group) {
    Note(*found.member, *found.old, path);
  }
}

void Migrator::Note(const Member& member, const OldMember& old, const Path& path) {
  changes_.push_back(
      {member.begin, absl::StrCat(path.Member(member.name).ToString(), " ", SayWhatItIsNow(old))});
}

void Migrator::Rename(const FoundMember& found, const Path& path) {
  const Member& member = *found.member;
  edits_.Replace(member.begin, EndOfNameOf(member), found.now.front());
  if (found.old->opposite) TurnRound(member.value, path);
}

void Migrator::TurnRound(const LocatedPlace& value, const Path& path) {
  const LocatedNode& node = *value.node;
  if (node.kind == YamlNode::Kind::kNull) return;
  if (!node.plain || (node.text != "true" && node.text != "false")) {
    return errors_.Add(path, "must be true or false");
  }
  const auto end = EndOfValue(text_, value);
  if (!end || (node.anchored && !value.alias)) {
    return errors_.Add(path, "carries an anchor; write the value out where its aliases stand");
  }
  edits_.Replace(value.begin, *end, node.text == "true" ? "false" : "true");
}

void Migrator::Nest(const LocatedNode& map, const std::vector<FoundMember>& group,
                    const Path& path) {
  if (!StandInOneLine(group, path)) return;
  if (map.flow) {
    NestInFlow(map, group, path);
  } else {
    NestInBlock(map, group, path);
  }
}

bool Migrator::StandInOneLine(const std::vector<FoundMember>& group, const Path& path) {
  for (const FoundMember& found : group) {
    const Member& member = *found.member;
    const Path place = path.Member(member.name);
    if (member.value.node->kind == YamlNode::Kind::kNull) {
      errors_.Add(place, "has no value; leave it out");
      return false;
    }
    const auto end = EndOfValue(text_, member.value);
    if (!end || *end > EndOfLine(text_, member.begin)) {
      errors_.Add(place, "must stand in one line, name and value");
      return false;
    }
  }
  return true;
}

std::string Migrator::NamesInBlock(std::vector<std::string> names, size_t column) const {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0)
      absl::StrAppend(&text, ":", base::ToAbsl(line_end_), std::string(column + 2 * i, ' '));
    text += names[i];
  }
  return text;
}

void Migrator::NestInBlock(const LocatedNode& map, const std::vector<FoundMember>& group,
                           const Path& path) {
  const Member& first = *group.front().member;
  const size_t column = first.begin - BeginOfLine(text_, first.begin);
  edits_.Replace(first.begin, EndOfNameOf(first), NamesInBlock(group.front().now, column));
  const size_t behind = EndOfLine(text_, first.begin);
  for (size_t i = 1; i < group.size(); ++i) {
    const Member& member = *group[i].member;
    std::vector<std::string> inner(group[i].now.begin() + 1, group[i].now.end());
    const size_t end = EndOfNameOf(member);
    const std::string_view rest = text_.substr(end, EndOfLine(text_, end) - end);
    edits_.Insert(behind,
                  absl::StrCat(base::ToAbsl(line_end_), std::string(column + 2, ' '),
                               NamesInBlock(std::move(inner), column + 2), base::ToAbsl(rest)));
    CutLine({text_, map, path, edits_, errors_}, member);
  }
}

void Migrator::NestInFlow(const LocatedNode& map, const std::vector<FoundMember>& group,
                          const Path& path) {
  const auto opened = [](const std::vector<std::string>& names, size_t from) {
    std::string text = names[from];
    for (size_t i = from + 1; i < names.size(); ++i) absl::StrAppend(&text, ": {", names[i]);
    return text;
  };
  const FoundMember& first = group.front();
  edits_.Replace(first.member->begin, EndOfNameOf(*first.member), opened(first.now, 0));
  std::string behind(first.now.size() - 2, '}');
  for (size_t i = 1; i < group.size(); ++i) {
    const auto& [member, old, now] = group[i];
    const size_t end = EndOfNameOf(*member);
    absl::StrAppend(&behind, ", ", opened(now, 1),
                    base::ToAbsl(text_.substr(end, EndOf(member->value) - end)),
                    std::string(now.size() - 2, '}'));
  }
  // Before what is cut, which may begin where this stands.
  edits_.Insert(EndOf(first.member->value), behind + "}");
  for (size_t i = 1; i < group.size(); ++i) {
    CutFromFlow({text_, map, path, edits_, errors_}, *group[i].member);
  }
}

Migrated Migrator::Take() {
  std::ranges::sort(changes_, {}, &Change::at);
  Migrated migrated{.text = edits_.Apply(), .changes = {}};
  size_t line = 1;
  size_t looked = 0;
  for (const Change& change : changes_) {
    line += static_cast<size_t>(std::ranges::count(text_.substr(looked, change.at - looked), '\n'));
    looked = change.at;
    migrated.changes.push_back(absl::StrCat("line ", line, ": ", change.what));
  }
  return migrated;
}

absl::Status CannotMigrate(const std::string& message) {
  return absl::InvalidArgumentError(message);
}

absl::StatusOr<Migrated> MigrateOnce(std::string_view yaml, std::string_view under) {
  if (yaml.size() > kMaxConfigBytes) return CannotMigrate("(file): must be at most 64 MiB");
  const absl::StatusOr<LocatedPlace> root = ParseLocatedYaml(yaml);
  if (!root.ok()) return CannotMigrate(absl::StrCat("(file): ", root.status().message()));
  resource::NoReferences references;
  resource::Errors errors(references);
  Migrator migrator(yaml, errors);
  const Path file;
  if (under.empty()) {
    if (root->node->kind != YamlNode::Kind::kMap && root->node->kind != YamlNode::Kind::kNull) {
      errors.Add(file, "must be a mapping of members");
    }
    migrator.Walk(*root, *v1::Config::descriptor(), file);
  } else {
    const auto& members = root->node->members;
    const auto found = std::ranges::find(members, under, &Member::name);
    if (found == members.end())
      return CannotMigrate(absl::StrCat("(file): has no ", std::string(under)));
    migrator.Walk(found->value, *v1::Config::descriptor(), file.Member(under));
  }
  if (!errors.empty()) return CannotMigrate(errors.ToString());
  return migrator.Take();
}

}  // namespace

absl::StatusOr<Migrated> Migrate(std::string_view yaml, std::string_view under) {
  absl::StatusOr<Migrated> migrated = MigrateOnce(yaml, under);
  if (!migrated.ok() || migrated->changes.empty()) return migrated;
  // What was written has to be what is meant, whatever unusual form the file has.
  const absl::StatusOr<Migrated> again = MigrateOnce(migrated->text, under);
  if (again.ok() && again->changes.empty()) return migrated;
  return CannotMigrate(
      absl::StrCat("(file): cannot be rewritten as it is written: ",
                   again.ok() ? again->changes.front() : again.status().message()));
}

}  // namespace carillon::config
