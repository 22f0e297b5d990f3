#include "carillon/control/type_descriptions.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "carillon/aip/error.h"
#include "carillon/aip/field_behavior.h"
#include "carillon/v1/contract.h"
#include "carillon/v1/options.pb.h"

namespace carillon::control {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::DescriptorProto;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptorProto;

constexpr char kPackage[] = "carillon.v1.";
using Field = v1::DescribeTypeResponse::Field;

/// A comment as one line for each paragraph: where its lines broke says nothing.
std::string Unwrapped(const std::string& comment) {
  std::string text;
  for (const absl::string_view line : absl::StrSplit(comment, '\n')) {
    const absl::string_view words = absl::StripAsciiWhitespace(line);
    if (words.empty()) {
      if (!text.empty() && text.back() != '\n') text += '\n';
    } else {
      if (!text.empty() && text.back() != '\n') text += ' ';
      absl::StrAppend(&text, words);
    }
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

/// A type as the contract names it.
std::string TypeOf(const FieldDescriptor& field) {
  if (field.is_map()) {
    return absl::StrCat("map<", TypeOf(*field.message_type()->map_key()), ", ",
                        TypeOf(*field.message_type()->map_value()), ">");
  }
  if (field.message_type() != nullptr) return field.message_type()->full_name();
  if (field.enum_type() != nullptr) return field.enum_type()->full_name();
  return field.type_name();
}

Field Describe(const FieldDescriptor& field, std::string path, std::string comment) {
  Field described;
  described.set_path(std::move(path));
  described.set_type(TypeOf(field));
  described.set_repeated(field.is_repeated() && !field.is_map());
  described.set_required(aip::IsRequired(field));
  described.set_output_only(aip::IsOutputOnly(field));
  described.set_immutable(aip::IsImmutable(field) || aip::IsIdentifier(field));
  if (const auto* const oneof = field.real_containing_oneof()) described.set_oneof(oneof->name());
  if (field.options().HasExtension(v1::rule)) {
    *described.mutable_rule() = field.options().GetExtension(v1::rule);
  }
  described.set_comment(std::move(comment));
  if (field.enum_type() != nullptr) {
    for (int i = 0; i < field.enum_type()->value_count(); ++i) {
      const auto& value = *field.enum_type()->value(i);
      if (value.number() != 0) described.add_enum_values(value.name());
    }
  }
  return described;
}

/// Adds a message's members, and those within them.
class Walk {
 public:
  Walk(const absl::flat_hash_map<std::string, std::string>& comments,
       v1::DescribeTypeResponse& response)
      : comments_(comments), response_(response) {}

  void Add(const Descriptor& type, const std::string& prefix) {
    within_.push_back(&type);
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      const std::string path = absl::StrCat(prefix, field.name());
      *response_.add_fields() = Describe(field, path, CommentOf(field));
      if (GoesOn(field)) Add(*field.message_type(), path + ".");
    }
    within_.pop_back();
  }

 private:
  /// That of its message where it has none of its own.
  std::string CommentOf(const FieldDescriptor& field) const {
    auto comment = comments_.find(field.full_name());
    if (comment == comments_.end() && field.message_type() != nullptr) {
      comment = comments_.find(field.message_type()->full_name());
    }
    return comment == comments_.end() ? "" : comment->second;
  }
  bool GoesOn(const FieldDescriptor& field) const {
    return field.message_type() != nullptr && !field.is_repeated() && !aip::IsAtomic(field) &&
           std::ranges::find(within_, field.message_type()) == within_.end();
  }

  const absl::flat_hash_map<std::string, std::string>& comments_;
  v1::DescribeTypeResponse& response_;
  std::vector<const Descriptor*> within_;
};

using Comments = absl::flat_hash_map<std::string, std::string>;
using Path = std::vector<int>;

/// Reads those of a message and its members, which is at `path` of its file, and of messages in it.
void ReadComments(const DescriptorProto& type, const std::string& name, const Path& path,
                  const std::map<Path, std::string>& places, Comments& comments) {
  const auto below = [&path](int member, int index) {
    Path longer = path;
    longer.insert(longer.end(), {member, index});
    return longer;
  };
  if (const auto own = places.find(path); own != places.end()) comments[name] = own->second;
  for (int i = 0; i < type.field_size(); ++i) {
    const auto found = places.find(below(DescriptorProto::kFieldFieldNumber, i));
    if (found == places.end()) continue;
    comments[absl::StrCat(name, ".", type.field(i).name())] = found->second;
  }
  for (int i = 0; i < type.nested_type_size(); ++i) {
    const DescriptorProto& nested = type.nested_type(i);
    ReadComments(nested, absl::StrCat(name, ".", nested.name()),
                 below(DescriptorProto::kNestedTypeFieldNumber, i), places, comments);
  }
}

void ReadComments(const FileDescriptorProto& file, Comments& comments) {
  std::map<Path, std::string> places;
  for (const auto& place : file.source_code_info().location()) {
    std::string text = Unwrapped(place.leading_comments());
    if (!text.empty()) places[Path(place.path().begin(), place.path().end())] = std::move(text);
  }
  for (int i = 0; i < file.message_type_size(); ++i) {
    const DescriptorProto& type = file.message_type(i);
    ReadComments(type, absl::StrCat(file.package(), ".", type.name()),
                 {FileDescriptorProto::kMessageTypeFieldNumber, i}, places, comments);
  }
}

[[noreturn]] void Broken() {
  std::fprintf(stderr, "the contract in this program cannot be read\n");
  std::abort();
}

}  // namespace

TypeDescriptions::TypeDescriptions() {
  google::protobuf::FileDescriptorSet contract;
  const std::string_view bytes = v1::Contract();
  if (!contract.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) Broken();
  for (const FileDescriptorProto& file : contract.file()) ReadComments(file, comments_);
}

absl::StatusOr<v1::DescribeTypeResponse> TypeDescriptions::Describe(const std::string& type) const {
  const Descriptor* const found =
      type.starts_with(kPackage) ? DescriptorPool::generated_pool()->FindMessageTypeByName(type)
                                 : nullptr;
  if (found == nullptr) {
    return aip::BadField("type", "UNKNOWN",
                         "must be the full name of a message of the contract, as "
                         "carillon.v1.Destination");
  }
  v1::DescribeTypeResponse response;
  Walk(comments_, response).Add(*found, "");
  return response;
}

}  // namespace carillon::control
