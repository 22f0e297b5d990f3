#include "carillon/config/resource_documents.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "carillon/base/similar.h"
#include "carillon/base/text.h"
#include "carillon/resource/path.h"
#include "carillon/resource/references.h"
#include "carillon/v1/config.pb.h"
#include "from_yaml.h"
#include "input_members.h"
#include "yaml_tree.h"

namespace carillon::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

using Resources = std::vector<std::unique_ptr<Message>>;

/// Members of the file that hold resources.
std::vector<std::string_view> CollectionNames() {
  std::vector<std::string_view> names;
  const auto& type = *v1::Config::descriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    if (HoldsResources(*type.field(i))) names.push_back(type.field(i)->name());
  }
  return names;
}

/// The collection in which a resource of that whole name is; null: it is no such name.
const FieldDescriptor* CollectionOf(std::string_view name) {
  const size_t last = name.rfind('/');
  if (last == name.npos || last == 0) return nullptr;
  const size_t before = name.rfind('/', last - 1);
  const size_t begin = before == name.npos ? 0 : before + 1;
  const FieldDescriptor* field =
      FindMember(*v1::Config::descriptor(), name.substr(begin, last - begin));
  return field != nullptr && HoldsResources(*field) ? field : nullptr;
}

YamlNode::Ptr MapOf(const std::string& name, YamlNode::Ptr value) {
  auto list = std::make_shared<YamlNode>();
  list->kind = YamlNode::Kind::kSequence;
  list->items.push_back(std::move(value));
  auto map = std::make_shared<YamlNode>();
  map->kind = YamlNode::Kind::kMap;
  map->members.push_back({.name = name, .value = std::move(list)});
  return map;
}

/// A document in the form of the file; INVALID_ARGUMENT: it holds something else.
absl::StatusOr<YamlNode::Ptr> InFormOfFile(const YamlNode::Ptr& document) {
  const auto names = CollectionNames();
  const auto known = absl::StrJoin(
      names, ", ", [](std::string* out, std::string_view name) { out->append(name); });
  if (document->kind != YamlNode::Kind::kMap) {
    return absl::InvalidArgumentError(absl::StrCat("must be a mapping with ", known));
  }
  auto rest = std::make_shared<YamlNode>();
  rest->kind = YamlNode::Kind::kMap;
  for (const YamlNode::Member& member : document->members) {
    const std::string& name = member.name;
    if (name == "name" && member.value->kind == YamlNode::Kind::kScalar) {
      const FieldDescriptor* collection = CollectionOf(member.value->text);
      if (collection != nullptr) return MapOf(collection->name(), document);
      return absl::InvalidArgumentError(absl::StrCat(
          "name: must be a whole name such as tenants/acme/destinations/orders, or the "
          "resource must stand in a list: ",
          known));
    }
    // What the answer of a List has besides.
    if (name == "totalSize" || name == "total_size" || name == "nextPageToken") continue;
    const FieldDescriptor* field = FindMember(*v1::Config::descriptor(), name);
    if (field == nullptr || !HoldsResources(*field)) {
      return absl::InvalidArgumentError(absl::StrCat(base::Printable(name),
                                                     ": is not applied; there are ", known,
                                                     base::DidYouMean(name, names)));
    }
    rest->members.push_back(member);
  }
  return rest;
}

absl::Status ReadDocument(const YamlNode::Ptr& document, const std::string& tenant,
                          Resources& into) {
  if (document->kind == YamlNode::Kind::kNull) return absl::OkStatus();
  const absl::StatusOr<YamlNode::Ptr> file = InFormOfFile(document);
  if (!file.ok()) return file.status();
  v1::Config config;
  resource::NoReferences none;
  resource::Errors errors(none);
  FromYaml(**file, config, resource::Path(), errors, {.tenant = tenant, .takes_answers = true});
  if (!errors.empty()) return absl::InvalidArgumentError(errors.ToString());
  const auto& reflection = *config.GetReflection();
  for (const YamlNode::Member& member : (*file)->members) {
    const FieldDescriptor& field = *FindMember(*config.GetDescriptor(), member.name);
    for (int i = 0; i < reflection.FieldSize(config, &field); ++i) {
      const Message& resource = reflection.GetRepeatedMessage(config, &field, i);
      into.emplace_back(resource.New())->CopyFrom(resource);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Resources> ReadResources(std::string_view text, const std::string& tenant) {
  const absl::StatusOr<std::vector<YamlNode::Ptr>> documents = ParseYamlDocuments(text);
  if (!documents.ok()) return documents.status();
  Resources resources;
  for (size_t i = 0; i < documents->size(); ++i) {
    const absl::Status status = ReadDocument((*documents)[i], tenant, resources);
    if (status.ok()) continue;
    if (documents->size() == 1) return status;
    return absl::InvalidArgumentError(absl::StrCat("document ", i + 1, ": ", status.message()));
  }
  return resources;
}

}  // namespace carillon::config
