#include "carillon/resource/read_event_type.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/json/minify.h"
#include "carillon/schema/message_sample.h"
#include "field_rules.h"
#include "member_rules.h"

namespace carillon::resource {
namespace {

/// Of a file with a descriptor set, whose comments count here.
constexpr size_t kMaxSetFileBytes = 16u << 20;

/// The bytes of the descriptor set, wherever they are; nullopt, with an error or without one where
/// files are not read.
std::optional<std::string> FindSet(const v1::ProtobufSchema& given, const Path& path,
                                   Errors& errors) {
  if (given.descriptor_set().empty() == given.descriptor_set_file().empty()) {
    errors.Add(path, "needs exactly one of descriptor_set, descriptor_set_file");
    return std::nullopt;
  }
  if (!given.descriptor_set().empty()) return given.descriptor_set();
  if (!errors.references().Reads()) {
    errors.references().Skip();
    return std::nullopt;
  }
  auto bytes = errors.references().ReadFile(given.descriptor_set_file(), kMaxSetFileBytes);
  if (bytes.ok()) return *std::move(bytes);
  errors.Add(path.Member("descriptor_set_file"), base::ToStd(bytes.status().message()));
  return std::nullopt;
}

schema::MessageTypePtr ReadProtobuf(const v1::ProtobufSchema& given, schema::MessageTypes& types,
                                    const Path& path, Errors& errors) {
  CheckRules(given, path, errors);
  if (given.message().empty()) {
    errors.Add(path.Member("message"), "must be set: the full name of a message");
    return nullptr;
  }
  const std::optional<std::string> set = FindSet(given, path, errors);
  if (!set) return nullptr;
  absl::StatusOr<schema::MessageTypePtr> read = types.Read(*set, given.message());
  if (read.ok()) return *std::move(read);
  const std::string_view from =
      given.descriptor_set_file().empty() ? "descriptor_set" : "descriptor_set_file";
  errors.Add(path.Member(absl::IsNotFound(read.status()) ? "message" : from),
             base::ToStd(read.status().message()));
  return nullptr;
}

schema::JsonSchemaPtr ReadJsonSchema(const v1::JsonSchema& given, const Path& path,
                                     Errors& errors) {
  CheckRules(given, path, errors);
  auto read = schema::JsonSchema::Parse(given.schema());
  if (read.ok()) return *std::move(read);
  errors.Add(path.Member("schema"), base::ToStd(read.status().message()));
  return nullptr;
}

schema::Validation ReadValidation(const v1::EventType& given, const Path& path, Errors& errors) {
  const bool has_schema = given.schema_case() != v1::EventType::SCHEMA_NOT_SET;
  switch (given.validation()) {
    case v1::EventType::VALIDATION_UNSPECIFIED:
      return has_schema ? schema::Validation::kRefuse : schema::Validation::kOff;
    case v1::EventType::OFF:
      return schema::Validation::kOff;
    case v1::EventType::WARN:
    case v1::EventType::REFUSE:
      if (!has_schema) errors.Add(path, "needs a schema to check payloads by");
      return given.validation() == v1::EventType::WARN ? schema::Validation::kWarn
                                                       : schema::Validation::kRefuse;
    default:
      errors.Add(path, "must be one of off, warn, refuse");
      return schema::Validation::kOff;
  }
}

void ReadTags(const v1::EventType& given, std::vector<std::string>& to, const Path& path,
              Errors& errors) {
  for (int i = 0; i < given.tags_size(); ++i) {
    if (!IsAttributeKey(given.tags(i))) {
      errors.Add(path.At(i), "must be 1-64 characters of [A-Za-z0-9_.-]");
    }
  }
  to.assign(given.tags().begin(), given.tags().end());
}

/// The sample that is given, checked, or one that is made.
void ReadSample(const v1::EventType& given, schema::EventType& to, const Path& path,
                Errors& errors) {
  if (given.sample().empty() || given.sample_generated()) {
    if (to.message != nullptr) to.sample = schema::MakeSample(*to.message);
    if (to.json != nullptr) to.sample = to.json->MakeSample();
    to.sample_generated = !to.sample.empty();
    return;
  }
  if (const auto error = json::MinifyJson(given.sample(), to.sample)) {
    return errors.Add(path, absl::StrCat("is no JSON at byte ", error->byte, ": ", error->what));
  }
  const auto problem = schema::CheckJson(to, to.sample);
  if (!problem) return;
  errors.Add(path, absl::StrCat("does not fit the schema: ", problem->path,
                                problem->path.empty() ? "" : ": ", problem->what));
}

}  // namespace

std::string_view EventTypeId(std::string_view name) {
  return name.starts_with(kEventTypes) ? name.substr(kEventTypes.size()) : name;
}

schema::EventType ReadEventType(const v1::EventType& given, schema::MessageTypes& types,
                                const Path& path, Errors& errors) {
  schema::EventType to;
  CheckRules(given, path, errors);
  to.name = EventTypeId(given.name());
  if (!IsTypeName(to.name)) {
    errors.Add(path.Member("name"),
               "must be 1-128 characters of [a-z0-9_.-], parts between dots not empty");
  }
  to.display_name = given.display_name();
  to.description = given.description();
  to.documentation_url = given.documentation_url();
  const bool leads_somewhere =
      to.documentation_url.starts_with("https://") || to.documentation_url.starts_with("http://");
  if (!to.documentation_url.empty() &&
      (!leads_somewhere || !IsUriReference(to.documentation_url))) {
    errors.Add(path.Member("documentation_url"), "must be a URL with http:// or https://");
  }
  ReadTags(given, to.tags, path.Member("tags"), errors);
  to.archived = given.state() == v1::EventType::ARCHIVED;
  to.validation = ReadValidation(given, path.Member("validation"), errors);
  if (given.has_protobuf()) {
    to.message = ReadProtobuf(given.protobuf(), types, path.Member("protobuf"), errors);
  }
  if (given.has_json_schema()) {
    to.json = ReadJsonSchema(given.json_schema(), path.Member("json_schema"), errors);
  }
  ReadSample(given, to, path.Member("sample"), errors);
  return to;
}

v1::EventType ToMessage(const schema::EventType& from) {
  v1::EventType to;
  to.set_name(absl::StrCat(base::ToAbsl(kEventTypes), from.name));
  to.set_display_name(from.display_name);
  to.set_description(from.description);
  to.set_documentation_url(from.documentation_url);
  to.mutable_tags()->Assign(from.tags.begin(), from.tags.end());
  to.set_state(from.archived ? v1::EventType::ARCHIVED : v1::EventType::ACTIVE);
  to.set_validation(from.validation == schema::Validation::kOff    ? v1::EventType::OFF
                    : from.validation == schema::Validation::kWarn ? v1::EventType::WARN
                                                                   : v1::EventType::REFUSE);
  if (from.message != nullptr) {
    to.mutable_protobuf()->set_message(from.message->descriptor().full_name());
    to.mutable_protobuf()->set_descriptor_set(from.message->set_bytes());
    to.mutable_protobuf()->set_digest(from.message->digest());
    to.set_schema_version(1);
  }
  if (from.json != nullptr) {
    to.mutable_json_schema()->set_schema(from.json->text());
    to.mutable_json_schema()->set_digest(from.json->digest());
    to.set_schema_version(1);
  }
  to.set_sample(from.sample);
  to.set_sample_generated(from.sample_generated);
  return to;
}

}  // namespace carillon::resource
