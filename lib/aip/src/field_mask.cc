#include "carillon/aip/field_mask.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/aip/field_behavior.h"
#include "carillon/aip/field_path.h"
#include "carillon/base/text.h"
#include "map_element.h"

namespace carillon::aip {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

/// A path of a mask: fields from the resource on, and the key of an element of the last.
struct MaskPath {
  std::vector<const FieldDescriptor*> fields;
  std::optional<std::string> key;
};

absl::Status BadMask(std::string_view path, std::string_view what) {
  return BadField("update_mask", "PATH",
                  absl::StrCat("'", base::Printable(path), "': ", base::ToAbsl(what)),
                  v1::UPDATE_MASK_INVALID);
}

std::string Unquoted(std::string_view key) {
  if (key.size() >= 2 && key.front() == '`' && key.back() == '`') {
    key = key.substr(1, key.size() - 2);
  }
  return std::string(key);
}

absl::StatusOr<MaskPath> ReadPath(std::string_view path, const Descriptor& type) {
  MaskPath read;
  const Descriptor* at = &type;
  std::string_view rest = path;
  while (true) {
    const size_t dot = rest.find('.');
    const std::string_view name = rest.substr(0, dot);
    const FieldDescriptor* field = FindField(*at, name);
    if (name == "*") return BadMask(path, "* stands alone, for all fields");
    if (field == nullptr) {
      return BadMask(path, absl::StrCat("there is no field '", base::Printable(name), "'",
                                        SimilarFields(*at, name)));
    }
    read.fields.push_back(field);
    if (dot == std::string_view::npos) return read;
    rest.remove_prefix(dot + 1);
    if (field->is_map() && !IsAtomic(*field)) {
      read.key = Unquoted(rest);
      return read;
    }
    if (field->is_repeated() || IsAtomic(*field)) {
      return BadMask(path, absl::StrCat("'", field->name(), "' is replaced as a whole"));
    }
    if (field->message_type() == nullptr) {
      return BadMask(path, absl::StrCat("'", field->name(), "' has no fields"));
    }
    at = field->message_type();
  }
}

bool IsSet(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  return field.is_repeated() ? reflection.FieldSize(message, &field) > 0
                             : reflection.HasField(message, &field);
}

/// A message that has this one field of `from` only.
std::unique_ptr<Message> Only(const Message& from, const FieldDescriptor& field) {
  std::unique_ptr<Message> only(from.New());
  only->CopyFrom(from);
  std::vector<const FieldDescriptor*> set;
  only->GetReflection()->ListFields(*only, &set);
  for (const FieldDescriptor* other : set) {
    if (other != &field) only->GetReflection()->ClearField(only.get(), other);
  }
  return only;
}

/// One update under way.
class Merging {
 public:
  Merging(const Update& update, const Message& given) : update_(update), given_(given) {}

  absl::Status Field(const FieldDescriptor& field, Message& resource) const {
    if (IsOutputOnly(field) || field.name() == "etag") return absl::OkStatus();
    if (IsImmutable(field) || IsIdentifier(field) || update_.instead.contains(field.name())) {
      return Unchanged(field, resource);
    }
    Replace(given_, field, resource);
    return absl::OkStatus();
  }

  absl::Status Path(std::string_view text, Message& resource) const {
    const absl::StatusOr<MaskPath> path = ReadPath(text, *resource.GetDescriptor());
    if (!path.ok()) return path.status();
    const FieldDescriptor& first = *path->fields.front();
    if (const auto instead = update_.instead.find(first.name()); instead != update_.instead.end()) {
      return Refused(first, instead->second);
    }
    if (std::ranges::any_of(path->fields, [](const auto* f) { return IsOutputOnly(*f); })) {
      return absl::OkStatus();
    }
    if (path->fields.size() == 1 && !path->key) {
      // Named, so unset is a change, too.
      if (IsImmutable(first) && !IsSet(given_, first) && IsSet(resource, first)) {
        return Refused(first, "cannot be changed");
      }
      return Field(first, resource);
    }
    if (IsImmutable(first)) return Unchanged(first, resource);
    Deep(*path, resource);
    return absl::OkStatus();
  }

 private:
  static void Replace(const Message& given, const FieldDescriptor& field, Message& stored) {
    const std::unique_ptr<Message> only = Only(given, field);
    KeepSecrets(stored, *only);
    stored.GetReflection()->ClearField(&stored, &field);
    stored.MergeFrom(*only);
  }

  /// Follows the path in both; makes no message in `resource` for what is not given.
  void Deep(const MaskPath& path, Message& resource) const {
    const Message* given = &given_;
    Message* stored = &resource;
    for (size_t i = 0; i + 1 < path.fields.size(); ++i) {
      const FieldDescriptor& field = *path.fields[i];
      if (!IsSet(*given, field) && !IsSet(*stored, field)) return;
      given = &given->GetReflection()->GetMessage(*given, &field);  // the default where unset
      if (!IsSet(*stored, field) && !HasAny(*given)) return;
      stored = stored->GetReflection()->MutableMessage(stored, &field);
    }
    const FieldDescriptor& leaf = *path.fields.back();
    if (path.key) {
      CopyMapElement(*given, leaf, *path.key, *stored);
    } else {
      Replace(*given, leaf, *stored);
    }
  }

  static bool HasAny(const Message& message) {
    std::vector<const FieldDescriptor*> set;
    message.GetReflection()->ListFields(message, &set);
    return !set.empty();
  }

  absl::Status Unchanged(const FieldDescriptor& field, const Message& resource) const {
    if (!IsSet(given_, field)) return absl::OkStatus();
    const std::unique_ptr<Message> given = Only(given_, field);
    std::unique_ptr<Message> stored = Only(resource, field);
    KeepSecrets(*stored, *given);
    ClearOutputOnly(*given);
    ClearOutputOnly(*stored);
    if (google::protobuf::util::MessageDifferencer::Equals(*given, *stored))
      return absl::OkStatus();
    const auto instead = update_.instead.find(field.name());
    return Refused(field, instead != update_.instead.end() ? instead->second : "cannot be changed");
  }

  absl::Status Refused(const FieldDescriptor& field, std::string_view why) const {
    return BadField(absl::StrCat(base::ToAbsl(update_.field), ".", field.name()), "IMMUTABLE", why);
  }

  const Update& update_;
  const Message& given_;  // without what is output only
};

}  // namespace

absl::Status Merge(const Update& update, Message& resource) {
  std::unique_ptr<Message> given(update.given.New());
  given->CopyFrom(update.given);
  ClearOutputOnly(*given);
  const Merging merging(update, *given);
  const int paths = update.mask == nullptr ? 0 : update.mask->paths_size();
  if (paths > kMaxMaskPaths) {
    return BadField("update_mask", "TOO_LONG",
                    absl::StrCat("must have at most ", kMaxMaskPaths, " paths"),
                    v1::UPDATE_MASK_INVALID);
  }
  const bool all = paths == 1 && update.mask->paths(0) == "*";
  if (paths > 0 && !all) {
    for (const std::string& path : update.mask->paths()) {
      if (absl::Status status = merging.Path(path, resource); !status.ok()) return status;
    }
    return absl::OkStatus();
  }
  const Descriptor& type = *resource.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!all && !IsSet(*given, field)) continue;
    if (absl::Status status = merging.Field(field, resource); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace carillon::aip
