#include "set_reader.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/schema/message_type.h"
#include "carillon/schema/wire.h"

namespace carillon::schema {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::internal::WireFormatLite;

constexpr int kFilesField = 1;  // of FileDescriptorSet

absl::Status Invalid(std::string_view what) {
  return absl::InvalidArgumentError(base::ToAbsl(what));
}

absl::Status NoSet(const std::string& broken) {
  return Invalid(
      absl::StrCat("is not a google.protobuf.FileDescriptorSet, as `protoc "
                   "--include_imports --descriptor_set_out` writes it: ",
                   broken));
}

/// Counts the messages in the wire form of one, at any depth.
absl::Status CountElements(const Descriptor& type, std::string_view bytes, size_t depth,
                           size_t& count) {
  if (depth > 2 * kMaxNesting) {
    return Invalid(absl::StrCat("is nested more than ", kMaxNesting, " deep"));
  }
  WireReader reader(bytes, WireReader::Groups::kOpen);
  for (WireField wire; reader.Next(wire);) {
    if (wire.type != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) continue;
    const FieldDescriptor* field = type.FindFieldByNumber(wire.number);
    if (field == nullptr || field->type() != FieldDescriptor::TYPE_MESSAGE) continue;
    if (++count > kMaxElements) {
      return Invalid(absl::StrCat("has more than ", kMaxElements, " elements in all"));
    }
    absl::Status status = CountElements(*field->message_type(), wire.bytes, depth + 1, count);
    if (!status.ok()) return status;
  }
  const std::string broken = reader.Error();
  return broken.empty() ? absl::OkStatus() : NoSet(broken);
}

/// Appends a file's wire form without its comments, most of what some sets consist of.
absl::Status AppendWithoutComments(std::string_view file, std::string& out) {
  WireReader reader(file);
  size_t kept_from = 0;
  for (WireField wire; reader.Next(wire);) {
    if (wire.number != FileDescriptorProto::kSourceCodeInfoFieldNumber) continue;
    out.append(file, kept_from, wire.begin - kept_from);
    kept_from = static_cast<size_t>(wire.bytes.data() - file.data()) + wire.bytes.size();
    if (wire.type != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) return NoSet("malformed comments");
  }
  if (const std::string broken = reader.Error(); !broken.empty()) return NoSet(broken);
  out.append(file, kept_from);
  return absl::OkStatus();
}

/// What there is so far, over all files.
struct Totals {
  size_t messages = 0;
};

/// Whether the name of something is one that protobuf would take, and how long it becomes.
absl::Status CheckName(std::string_view name, size_t around) {
  if (around + 1 + name.size() <= kMaxFullNameBytes) return absl::OkStatus();
  return Invalid(absl::StrCat("has a name of more than ", kMaxFullNameBytes,
                              " bytes in all: ", base::Printable(name, 64)));
}

absl::Status CountOne(Totals& totals) {
  if (++totals.messages <= kMaxMessages) return absl::OkStatus();
  return Invalid(absl::StrCat("has more than ", kMaxMessages, " messages and enumerations"));
}

absl::Status CheckCount(int count, std::string_view of) {
  if (count <= static_cast<int>(kMaxFieldsOfMessage)) return absl::OkStatus();
  return Invalid(absl::StrCat(base::Printable(of, 64), " has more than ", kMaxFieldsOfMessage,
                              " fields or values"));
}

absl::Status TrimEnum(EnumDescriptorProto& type, size_t around, Totals& totals) {
  absl::Status status = CountOne(totals);
  if (status.ok()) status = CheckName(type.name(), around);
  if (status.ok()) status = CheckCount(type.value_size(), type.name());
  if (!status.ok()) return status;
  const bool alias = type.options().allow_alias();
  type.clear_options();
  if (alias) type.mutable_options()->set_allow_alias(true);
  for (auto& value : *type.mutable_value()) {
    value.clear_options();
    if (status = CheckName(value.name(), around); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void TrimOptions(FieldDescriptorProto& field) {
  const auto options = field.options();
  field.clear_options();
  if (options.has_packed()) field.mutable_options()->set_packed(options.packed());
}

/// `around`: the bytes of the name of what it is in.
absl::Status TrimMessage(DescriptorProto& type, size_t around, size_t depth, Totals& totals) {
  if (depth > kMaxNesting) {
    return Invalid(absl::StrCat("has messages nested more than ", kMaxNesting, " deep"));
  }
  absl::Status status = CountOne(totals);
  if (status.ok()) status = CheckName(type.name(), around);
  if (status.ok()) status = CheckCount(type.field_size(), type.name());
  if (!status.ok()) return status;
  const size_t inside = around + 1 + type.name().size();
  const auto options = type.options();
  type.clear_options();
  if (options.map_entry()) type.mutable_options()->set_map_entry(true);
  if (options.message_set_wire_format()) type.mutable_options()->set_message_set_wire_format(true);
  type.clear_extension();
  for (auto& range : *type.mutable_extension_range()) range.clear_options();
  for (auto& oneof : *type.mutable_oneof_decl()) {
    oneof.clear_options();
    if (status = CheckName(oneof.name(), inside); !status.ok()) return status;
  }
  for (FieldDescriptorProto& field : *type.mutable_field()) {
    TrimOptions(field);
    if (status = CheckName(field.name(), inside); !status.ok()) return status;
    if (status = CheckName(field.json_name(), 0); !status.ok()) return status;
  }
  for (EnumDescriptorProto& nested : *type.mutable_enum_type()) {
    if (status = TrimEnum(nested, inside, totals); !status.ok()) return status;
  }
  for (DescriptorProto& nested : *type.mutable_nested_type()) {
    if (status = TrimMessage(nested, inside, depth + 1, totals); !status.ok()) return status;
  }
  return absl::OkStatus();
}

/// Leaves out what payloads do not depend on, and looks at names and numbers of what stays.
absl::Status TrimFile(FileDescriptorProto& file, Totals& totals) {
  file.clear_service();
  file.clear_extension();
  file.clear_options();
  file.clear_source_code_info();
  file.clear_weak_dependency();
  absl::Status status = CheckName(file.name(), 0);
  if (status.ok()) status = CheckName(file.package(), 0);
  for (auto& type : *file.mutable_enum_type()) {
    if (status.ok()) status = TrimEnum(type, file.package().size(), totals);
  }
  for (auto& type : *file.mutable_message_type()) {
    if (status.ok()) status = TrimMessage(type, file.package().size(), 1, totals);
  }
  return status;
}

}  // namespace

absl::StatusOr<FileDescriptorSet> ReadSet(std::string_view bytes) {
  FileDescriptorSet set;
  WireReader reader(bytes);
  size_t left = kMaxSetBytes;
  size_t elements = 0;
  Totals totals;
  for (WireField wire; reader.Next(wire);) {
    if (wire.number != kFilesField || wire.type != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      return NoSet(absl::StrCat("it has no field ", wire.number));
    }
    if (set.file_size() == static_cast<int>(kMaxFiles)) {
      return Invalid(absl::StrCat("has more than ", kMaxFiles, " files"));
    }
    std::string file;
    absl::Status status = AppendWithoutComments(wire.bytes, file);
    if (!status.ok()) return status;
    if (file.size() > left) {
      return Invalid(absl::StrCat("has more than ", kMaxSetBytes, " bytes, comments not counted"));
    }
    left -= file.size();
    status = CountElements(*FileDescriptorProto::descriptor(), file, 0, elements);
    if (!status.ok()) return status;
    FileDescriptorProto& parsed = *set.add_file();
    if (!parsed.ParseFromString(file)) return NoSet("a file cannot be parsed");
    parsed.DiscardUnknownFields();
    if (status = TrimFile(parsed, totals); !status.ok()) return status;
  }
  if (const std::string broken = reader.Error(); !broken.empty()) return NoSet(broken);
  return set;
}

}  // namespace carillon::schema
