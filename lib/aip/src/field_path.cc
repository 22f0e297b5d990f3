#include "carillon/aip/field_path.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "carillon/base/similar.h"
#include "carillon/base/text.h"

namespace carillon::aip {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool IsMoment(const Descriptor& type) {
  return type.full_name() == "google.protobuf.Timestamp" ||
         type.full_name() == "google.protobuf.Duration";
}

Value FromMessage(const Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  if (!IsMoment(type)) return true;
  const Reflection& reflection = *message.GetReflection();
  return Moment{reflection.GetInt64(message, type.FindFieldByNumber(1)),
                reflection.GetInt32(message, type.FindFieldByNumber(2))};
}

Value Single(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field);
    case FieldDescriptor::CPPTYPE_INT32:
      return int64_t{reflection.GetInt32(message, &field)};
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.GetInt64(message, &field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return uint64_t{reflection.GetUInt32(message, &field)};
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.GetUInt64(message, &field);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return double{reflection.GetFloat(message, &field)};
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.GetDouble(message, &field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return int64_t{reflection.GetEnumValue(message, &field)};
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetString(message, &field);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return FromMessage(reflection.GetMessage(message, &field));
  }
  return {};
}

Value Element(const Message& message, const FieldDescriptor& field, int i) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetRepeatedBool(message, &field, i);
    case FieldDescriptor::CPPTYPE_INT32:
      return int64_t{reflection.GetRepeatedInt32(message, &field, i)};
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.GetRepeatedInt64(message, &field, i);
    case FieldDescriptor::CPPTYPE_UINT32:
      return uint64_t{reflection.GetRepeatedUInt32(message, &field, i)};
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.GetRepeatedUInt64(message, &field, i);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return double{reflection.GetRepeatedFloat(message, &field, i)};
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.GetRepeatedDouble(message, &field, i);
    case FieldDescriptor::CPPTYPE_ENUM:
      return int64_t{reflection.GetRepeatedEnumValue(message, &field, i)};
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetRepeatedString(message, &field, i);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return FromMessage(reflection.GetRepeatedMessage(message, &field, i));
  }
  return {};
}

/// A walk along one path.
struct Walk {
  const std::vector<const FieldDescriptor*>& fields;
  const std::optional<std::string>& key;
  const std::function<void(const Value&)>& visit;

  void From(const Message& message, size_t depth) const {
    const FieldDescriptor& field = *fields[depth];
    const Reflection& reflection = *message.GetReflection();
    if (field.is_map()) return Map(message, field);
    if (field.is_repeated()) return List(message, depth);
    if (field.has_presence() && !reflection.HasField(message, &field)) return;
    if (depth + 1 == fields.size()) return visit(Single(message, field));
    From(reflection.GetMessage(message, &field), depth + 1);
  }

  void List(const Message& message, size_t depth) const {
    const FieldDescriptor& field = *fields[depth];
    const Reflection& reflection = *message.GetReflection();
    const bool last = depth + 1 == fields.size();
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      if (last) {
        visit(Element(message, field, i));
      } else {
        From(reflection.GetRepeatedMessage(message, &field, i), depth + 1);
      }
    }
  }

  void Map(const Message& message, const FieldDescriptor& field) const {
    const Reflection& reflection = *message.GetReflection();
    const Descriptor& entry = *field.message_type();
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      const Message& pair = reflection.GetRepeatedMessage(message, &field, i);
      const Value name = Single(pair, *entry.map_key());
      if (!key) {
        visit(name);
      } else if (name == Value(*key)) {
        visit(Single(pair, *entry.map_value()));
      }
    }
  }
};

}  // namespace

const FieldDescriptor* FindField(const Descriptor& type, std::string_view name) {
  const std::string text(name);
  const FieldDescriptor* field = type.FindFieldByName(text);
  return field != nullptr ? field : type.FindFieldByCamelcaseName(text);
}

std::string SimilarFields(const Descriptor& type, std::string_view name) {
  std::vector<std::string_view> names;
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  return base::DidYouMean(name, names);
}

absl::StatusOr<FieldPath> FieldPath::Resolve(const Descriptor& type,
                                             const std::vector<std::string>& parts) {
  FieldPath path;
  const Descriptor* at = &type;
  for (const std::string& part : parts) {
    if (path.key_) {
      return absl::InvalidArgumentError(
          absl::StrCat("nothing is within an element of '", path.leaf().name(), "'"));
    }
    if (!path.fields_.empty() && path.leaf().is_map()) {
      path.key_ = part;
      continue;
    }
    if (at == nullptr || (at != &type && IsMoment(*at))) {
      return absl::InvalidArgumentError(absl::StrCat("'", path.leaf().name(), "' has no members"));
    }
    const FieldDescriptor* field = FindField(*at, part);
    if (field == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("there is no member '", base::Printable(part),
                                                     "'", SimilarFields(*at, part)));
    }
    path.fields_.push_back(field);
    at = field->message_type();
  }
  if (path.fields_.empty()) return absl::InvalidArgumentError("an empty path");
  return path;
}

bool FieldPath::is_repeated() const {
  if (key_) return false;
  for (const Field* field : fields_) {
    if (field->is_repeated()) return true;
  }
  return false;
}

std::string FieldPath::ToString() const {
  return absl::StrJoin(fields_, ".",
                       [](std::string* out, const Field* field) { *out += field->name(); });
}

void FieldPath::Visit(const Message& message,
                      const std::function<void(const Value&)>& visit) const {
  Walk{fields_, key_, visit}.From(message, 0);
}

Value FieldPath::Read(const Message& message) const {
  Value first;
  bool found = false;
  Visit(message, [&](const Value& value) {
    if (!found) first = value;
    found = true;
  });
  return first;
}

}  // namespace carillon::aip
