#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/random.h"
#include "carillon/base/text.h"
#include "carillon/control/resource_type.h"
#include "carillon/ingest/sample.h"
#include "carillon/model/built_in.h"
#include "carillon/model/operational.h"
#include "carillon/resource/read_event_type.h"
#include "carillon/schema/changes.h"
#include "carillon/schema/message_type.h"
#include "carillon/v1/destination.pb.h"
#include "carillon/v1/event_type.pb.h"
#include "read_errors.h"

namespace carillon::control {
namespace {

using google::protobuf::Message;

constexpr size_t kMaxEventTypes = 10'000;
constexpr size_t kMaxSchemaBytes = 256u << 20;  // of all schemas together
constexpr base::WallTime kSampleTime{std::chrono::seconds(1'767'225'600)};  // 2026-01-01T00:00:00Z

const v1::EventType& AsEventType(const Message& message) {
  return static_cast<const v1::EventType&>(message);
}

/// The message of carillon.v1 whose payloads the type has; empty: Carillon publishes it itself.
std::string MessageOf(std::string_view type) {
  for (const model::PayloadFamily& family : model::kPayloadFamilies) {
    if (!type.starts_with(family.prefix)) continue;
    const std::string_view verb = type.substr(family.prefix.size());
    if (std::ranges::find(family.verbs, verb) == family.verbs.end()) continue;
    return absl::StrCat("carillon.v1.", base::ToAbsl(family.message));
  }
  return "";
}

MessagePtr BuiltIn(const std::string& name) {
  auto type = std::make_shared<v1::EventType>();
  type->set_name(absl::StrCat(base::ToAbsl(resource::kEventTypes), name));
  type->set_description(model::IsOperational(name)
                            ? "Published by Carillon itself."
                            : "Its payload has a member of its own in Event.");
  if (const std::string message = MessageOf(name); !message.empty()) {
    type->mutable_protobuf()->set_message(message);
  }
  base::SeededRandom random(1);  // of its id, which is not looked at
  if (const auto sample = ingest::SampleEvent(name, "default", kSampleTime, random)) {
    type->set_sample(std::string(sample->payload()));
    type->set_sample_generated(true);
  }
  type->set_state(v1::EventType::ACTIVE);
  type->mutable_origin()->set_kind(v1::Origin::BUILT_IN);
  return type;
}

/// What is equal in equal schemas; empty: there is none.
std::string IdentityOf(const v1::EventType& type) {
  if (type.has_json_schema()) return type.json_schema().digest();
  if (!type.has_protobuf()) return "";
  return absl::StrCat(type.protobuf().digest(), " ", type.protobuf().message());
}

absl::Status Incompatible(const std::string& name,
                          const std::vector<schema::BreakingChange>& changes) {
  std::vector<aip::Obstacle> obstacles;
  for (const schema::BreakingChange& change : changes) {
    obstacles.push_back({"INCOMPATIBLE_SCHEMA", change.subject, change.description});
  }
  return aip::FailedPrecondition(
      v1::INCOMPATIBLE_SCHEMA,
      absl::StrCat(name, " would get a schema that breaks with the one it has: ",
                   changes.front().subject, " ", changes.front().description,
                   changes.size() > 1 ? absl::StrCat(", and ", changes.size() - 1, " more") : "",
                   "; keep to it, or set force"),
      obstacles, {{"resource", name}});
}

/// Adds the names of subscriptions of `snapshot` that name the type exactly.
void AddReferrers(const resource::Snapshot& snapshot, const std::string& type,
                  std::vector<aip::Obstacle>& obstacles) {
  for (const resource::TenantPtr& tenant : snapshot.tenants) {
    for (const auto& subscription : tenant->subscriptions) {
      const auto& types = subscription.value->types;
      if (std::ranges::find(types, type) == types.end()) continue;
      obstacles.push_back(
          {"RESOURCE_IN_USE",
           absl::StrCat("tenants/", tenant->tenant, "/subscriptions/", subscription.value->name),
           "take the event type out of it first"});
    }
  }
}

class EventTypeType final : public ResourceType {
 public:
  EventTypeType() {
    for (const std::string& name : model::BuiltInTypes()) built_in_.push_back(BuiltIn(name));
  }

  const Message& prototype() const override { return v1::EventType::default_instance(); }
  std::string_view type() const override { return "carillon/EventType"; }
  std::string_view member() const override { return "event_type"; }
  const aip::NamePattern& pattern() const override { return pattern_; }
  const std::vector<std::string>& filters() const override { return filters_; }
  const std::vector<std::string>& orders() const override { return orders_; }

  absl::StatusOr<Value> Read(const Message& message, const View& view,
                             bool trusted) const override {
    resource::NoReferences none;
    resource::Errors errors(none, aip::kMaxViolations);
    const resource::Path root;
    auto value = std::make_shared<schema::EventType>(
        resource::ReadEventType(AsEventType(message), types_, root.Member("event_type"), errors));
    if (!errors.empty()) return ToStatus(errors);
    if (!trusted) {
      if (absl::Status status = CheckRoom(*value, view); !status.ok()) return status;
    }
    return Value(schema::EventTypePtr(std::move(value)));
  }

  std::string MakeId(const Message&) const override { return ""; }
  absl::Status Prepare(Message&, base::WallTime) const override { return absl::OkStatus(); }

  /// Of what is wrong nothing is put in order: `Read` says so.
  void Normalize(Message& message) const override {
    auto& type = static_cast<v1::EventType&>(message);
    if (type.state() == v1::EventType::STATE_UNSPECIFIED) type.set_state(v1::EventType::ACTIVE);
    if (type.has_protobuf()) NormalizeProtobuf(*type.mutable_protobuf());
    if (type.has_json_schema()) NormalizeJson(*type.mutable_json_schema());
    const bool has_schema = type.schema_case() != v1::EventType::SCHEMA_NOT_SET;
    type.set_schema_version(has_schema ? std::max(1, type.schema_version()) : 0);
    resource::NoReferences none;
    resource::Errors errors(none);
    const schema::EventType read = resource::ReadEventType(type, types_, resource::Path(), errors);
    if (!errors.empty()) return;
    type.set_sample(read.sample);
    type.set_sample_generated(read.sample_generated);
  }

  absl::Status Evolve(const Message& before, Message& after, bool force) const override {
    const v1::EventType& had = AsEventType(before);
    auto& has = static_cast<v1::EventType&>(after);
    if (has.sample() != had.sample()) has.set_sample_generated(false);
    Normalize(has);
    if (IdentityOf(has) == IdentityOf(had)) return absl::OkStatus();
    if (!IdentityOf(had).empty() && !force) {
      const std::vector<schema::BreakingChange> changes = Compare(had, has);
      if (!changes.empty()) return Incompatible(had.name(), changes);
    }
    if (!IdentityOf(has).empty()) has.set_schema_version(had.schema_version() + 1);
    return absl::OkStatus();
  }

  std::unique_ptr<Message> Summary(const Message& message) const override {
    const v1::EventType& from = AsEventType(message);
    auto summary = std::make_unique<v1::EventType>();
    const google::protobuf::Reflection& reflection = *from.GetReflection();
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    reflection.ListFields(from, &fields);
    for (const auto* field : fields) CopyLight(from, *field, *summary);
    return summary;
  }

  std::map<std::string, std::string> instead() const override { return {}; }

  absl::Status Delete(const Entry& entry, const View& view, bool,
                      std::vector<Edit>&) const override {
    const std::string id(resource::EventTypeId(entry.name));
    std::vector<aip::Obstacle> obstacles;
    AddReferrers(*view.stored(), id, obstacles);
    AddReferrers(*view.file(), id, obstacles);
    if (obstacles.empty()) return absl::OkStatus();
    return aip::FailedPrecondition(v1::RESOURCE_IN_USE,
                                   absl::StrCat(entry.name, " is named by ", obstacles.size(),
                                                " subscriptions: change them first, or archive it"),
                                   obstacles, {{"resource", entry.name}});
  }

  std::vector<MessagePtr> OfFile(const resource::Snapshot& file,
                                 std::string_view id) const override {
    std::vector<MessagePtr> found;
    for (const MessagePtr& type : built_in_) {
      const std::string_view name = resource::EventTypeId(AsEventType(*type).name());
      if (id.empty()) {
        found.push_back(Summary(*type));
      } else if (name == id) {
        found.push_back(type);
      }
    }
    for (const schema::EventTypePtr& type : *file.event_types) {
      if (!id.empty() && type->name != id) continue;
      v1::EventType message = resource::ToMessage(*type);
      message.mutable_origin()->set_kind(v1::Origin::FILE);
      found.push_back(id.empty() ? MessagePtr(Summary(message))
                                 : std::make_shared<const v1::EventType>(std::move(message)));
    }
    return found;
  }

 private:
  void NormalizeProtobuf(v1::ProtobufSchema& protobuf) const {
    const auto read = types_.Read(protobuf.descriptor_set(), protobuf.message());
    if (!read.ok()) return;
    protobuf.set_descriptor_set((*read)->set_bytes());
    protobuf.set_digest((*read)->digest());
  }

  static void NormalizeJson(v1::JsonSchema& json) {
    const auto read = schema::JsonSchema::Parse(json.schema());
    if (!read.ok()) return;
    json.set_schema((*read)->text());
    json.set_digest((*read)->digest());
  }

  static void CopyLight(const v1::EventType& from, const google::protobuf::FieldDescriptor& field,
                        v1::EventType& to) {
    if (field.number() == v1::EventType::kSampleFieldNumber) return;
    if (field.number() == v1::EventType::kProtobufFieldNumber) {
      to.mutable_protobuf()->set_message(from.protobuf().message());
      to.mutable_protobuf()->set_digest(from.protobuf().digest());
      return;
    }
    if (field.number() == v1::EventType::kJsonSchemaFieldNumber) {
      to.mutable_json_schema()->set_digest(from.json_schema().digest());
      return;
    }
    if (field.is_repeated()) {
      *to.mutable_tags() = from.tags();
    } else if (field.message_type() != nullptr) {
      to.GetReflection()
          ->MutableMessage(&to, &field)
          ->CopyFrom(from.GetReflection()->GetMessage(from, &field));
    } else {
      CopyScalar(from, field, to);
    }
  }

  static void CopyScalar(const v1::EventType& from, const google::protobuf::FieldDescriptor& field,
                         v1::EventType& to) {
    using google::protobuf::FieldDescriptor;
    const google::protobuf::Reflection& reflection = *from.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection.SetString(&to, &field, reflection.GetString(from, &field));
      case FieldDescriptor::CPPTYPE_ENUM:
        return reflection.SetEnumValue(&to, &field, reflection.GetEnumValue(from, &field));
      case FieldDescriptor::CPPTYPE_BOOL:
        return reflection.SetBool(&to, &field, reflection.GetBool(from, &field));
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection.SetInt32(&to, &field, reflection.GetInt32(from, &field));
      default:
        return reflection.SetInt64(&to, &field, reflection.GetInt64(from, &field));
    }
  }

  /// What breaks where one schema takes the place of another.
  std::vector<schema::BreakingChange> Compare(const v1::EventType& had,
                                              const v1::EventType& has) const {
    if (had.has_json_schema()) return CompareJson(had, has);
    if (!has.has_protobuf()) {
      return {{had.protobuf().message(), "was removed: payloads in `any` are not read any more"}};
    }
    const auto before = types_.Read(had.protobuf().descriptor_set(), had.protobuf().message());
    const auto after = types_.Read(has.protobuf().descriptor_set(), has.protobuf().message());
    // What cannot be read is refused by `Read`, with its reason.
    if (!before.ok() || !after.ok()) return {};
    return schema::FindBreaking((*before)->descriptor(), (*after)->descriptor());
  }

  static std::vector<schema::BreakingChange> CompareJson(const v1::EventType& had,
                                                         const v1::EventType& has) {
    if (!has.has_json_schema()) return {{"json_schema", "was removed"}};
    const auto before = schema::JsonSchema::Parse(had.json_schema().schema());
    const auto after = schema::JsonSchema::Parse(has.json_schema().schema());
    if (!before.ok() || !after.ok()) return {};
    return schema::FindBreaking(**before, **after, had.sample());
  }

  /// Whether there is room for the type beside those there are.
  static absl::Status CheckRoom(const schema::EventType& added, const View& view) {
    size_t count = 1;
    size_t bytes = 0;
    std::set<std::string_view> seen;
    const auto add = [&](const schema::EventType& type) {
      if (type.json != nullptr) bytes += type.json->text().size();
      if (type.message == nullptr || !seen.insert(type.message->digest()).second) return;
      bytes += type.message->set_bytes().size();
    };
    add(added);
    const resource::SnapshotPtr file = view.file();
    const resource::SnapshotPtr stored = view.stored();
    for (const resource::Snapshot* snapshot : {file.get(), stored.get()}) {
      for (const schema::EventTypePtr& type : *snapshot->event_types) {
        if (type->name == added.name) continue;
        ++count;
        add(*type);
      }
    }
    if (count > kMaxEventTypes) {
      return aip::QuotaExceeded(
          v1::QUOTA_EXCEEDED,
          absl::StrCat("there are ", kMaxEventTypes, " event types already: delete some first"),
          "eventTypes");
    }
    if (bytes > kMaxSchemaBytes) {
      return aip::QuotaExceeded(v1::QUOTA_EXCEEDED,
                                absl::StrCat("the schemas of all event types would have more than ",
                                             kMaxSchemaBytes, " bytes"),
                                "eventTypes");
    }
    return absl::OkStatus();
  }

  const aip::NamePattern pattern_{"eventTypes/{event_type}"};
  const std::vector<std::string> filters_ = {"name",  "display_name", "description", "tags",
                                             "state", "validation",   "origin.kind", "create_time"};
  const std::vector<std::string> orders_ = {"name", "create_time", "update_time"};
  std::vector<MessagePtr> built_in_;
  mutable schema::MessageTypes types_;  // has a lock of its own
};

}  // namespace

std::unique_ptr<ResourceType> MakeEventTypeType() { return std::make_unique<EventTypeType>(); }

}  // namespace carillon::control
