#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/schema/changes.h"

namespace carillon::schema {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

constexpr size_t kMaxPairs = 20'000;

/// The name of the `oneof` that it is in; empty: in none.
std::string OneofOf(const FieldDescriptor& field) {
  const auto* oneof = field.real_containing_oneof();
  return oneof == nullptr ? "" : oneof->name();
}

class MessageComparison {
 public:
  std::vector<BreakingChange> Run(const Descriptor& before, const Descriptor& after) {
    if (before.full_name() != after.full_name()) {
      Add(before.full_name(),
          absl::StrCat("is now ", after.full_name(), ": payloads in `any` name the old one"));
    }
    Push(before, after);
    while (!ahead_.empty()) {
      const auto [old_type, new_type] = ahead_.back();
      ahead_.pop_back();
      CompareMessages(*old_type, *new_type);
    }
    return std::move(found_);
  }

 private:
  void Add(const std::string& subject, std::string description) {
    if (found_.size() < kMaxBreakingChanges) found_.push_back({subject, std::move(description)});
  }

  void Push(const Descriptor& before, const Descriptor& after) {
    if (seen_.size() == kMaxPairs) {
      return Add(before.full_name(), "has more in it than can be compared");
    }
    if (seen_.emplace(&before, &after).second) ahead_.emplace_back(&before, &after);
  }

  void CompareMessages(const Descriptor& before, const Descriptor& after) {
    for (int i = 0; i < before.field_count(); ++i) {
      const FieldDescriptor& field = *before.field(i);
      const FieldDescriptor* now = after.FindFieldByNumber(field.number());
      if (now != nullptr) {
        CompareFields(field, *now);
      } else if (const auto* moved = after.FindFieldByName(field.name()); moved != nullptr) {
        Add(field.full_name(),
            absl::StrCat("has the number ", moved->number(), " and had ", field.number()));
      } else {
        Add(field.full_name(), "was removed");
      }
    }
    for (int i = 0; i < after.field_count(); ++i) {
      const FieldDescriptor& field = *after.field(i);
      if (field.is_required() && before.FindFieldByNumber(field.number()) == nullptr) {
        Add(field.full_name(), "is new and required");
      }
    }
  }

  void CompareFields(const FieldDescriptor& before, const FieldDescriptor& after) {
    const std::string& name = before.full_name();
    if (before.json_name() != after.json_name()) {
      Add(name, absl::StrCat("is ", after.json_name(), " in JSON and was ", before.json_name()));
    }
    if (before.type() != after.type()) {
      return Add(name, absl::StrCat("is a ", after.type_name(), " and was a ", before.type_name()));
    }
    if (before.is_map() != after.is_map() || before.is_repeated() != after.is_repeated()) {
      return Add(name, after.is_repeated() ? "is a list or a map and was another or none"
                                           : "is no list or map any more");
    }
    if (OneofOf(before) != OneofOf(after)) Add(name, "was moved into or out of a oneof");
    if (before.has_presence() != after.has_presence()) {
      Add(name, after.has_presence() ? "is left out of JSON where it is not set, and was not"
                                     : "is always in JSON, and was not");
    }
    if (!before.is_required() && after.is_required()) Add(name, "is required and was not");
    if (before.enum_type() != nullptr) CompareEnums(*before.enum_type(), *after.enum_type());
    if (before.message_type() == nullptr) return;
    const bool well_known = before.message_type()->file()->package() == "google.protobuf" ||
                            after.message_type()->file()->package() == "google.protobuf";
    if (well_known && before.message_type()->full_name() != after.message_type()->full_name()) {
      return Add(name, absl::StrCat("is a ", after.message_type()->full_name(), " and was a ",
                                    before.message_type()->full_name()));
    }
    if (!well_known) Push(*before.message_type(), *after.message_type());
  }

  void CompareEnums(const EnumDescriptor& before, const EnumDescriptor& after) {
    if (!seen_enums_.emplace(&before, &after).second) return;
    for (int i = 0; i < before.value_count(); ++i) {
      const EnumValueDescriptor& value = *before.value(i);
      const EnumValueDescriptor* now = after.FindValueByName(value.name());
      if (now == nullptr) {
        Add(value.full_name(), "was removed or renamed");
      } else if (now->number() != value.number()) {
        Add(value.full_name(),
            absl::StrCat("has the number ", now->number(), " and had ", value.number()));
      }
    }
  }

  std::vector<BreakingChange> found_;
  std::vector<std::pair<const Descriptor*, const Descriptor*>> ahead_;
  std::set<std::pair<const Descriptor*, const Descriptor*>> seen_;
  std::set<std::pair<const EnumDescriptor*, const EnumDescriptor*>> seen_enums_;
};

}  // namespace

std::vector<BreakingChange> FindBreaking(const Descriptor& before, const Descriptor& after) {
  return MessageComparison().Run(before, after);
}

}  // namespace carillon::schema
