#include "imported_messages.h"

#include <google/protobuf/descriptor.pb.h>

#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "carillon/control/event_type_import.h"
#include "carillon/resource/read_event_type.h"
#include "carillon/v1/options.pb.h"

namespace carillon::control {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

constexpr char kSet[] = "descriptor_set";

/// The messages of a set, and the files that each needs.
class SetReader {
 public:
  explicit SetReader(const FileDescriptorSet& set) : set_(set) {
    for (int i = 0; i < set.file_size(); ++i) {
      const FileDescriptorProto& file = set.file(i);
      files_.emplace(file.name(), i);
      for (const DescriptorProto& message : file.message_type()) {
        AddMessage(file.package(), message, i);
      }
    }
  }

  /// With the option, by message.
  const std::map<std::string, std::string>& with_option() const { return with_option_; }
  bool Has(const std::string& message) const { return file_of_.contains(message); }

  /// The file of the message and what it imports, in the order of the set.
  std::string PartFor(const std::string& message) const {
    std::set<int> needed;
    std::vector<int> left = {file_of_.at(message)};
    while (!left.empty()) {
      const int at = left.back();
      left.pop_back();
      if (!needed.insert(at).second) continue;
      for (const std::string& import : set_.file(at).dependency()) {
        const auto found = files_.find(import);
        if (found != files_.end()) left.push_back(found->second);
      }
    }
    FileDescriptorSet part;
    for (const int at : needed) *part.add_file() = set_.file(at);
    return part.SerializeAsString();
  }

 private:
  void AddMessage(const std::string& scope, const DescriptorProto& message, int file) {
    const std::string name =
        scope.empty() ? message.name() : absl::StrCat(scope, ".", message.name());
    file_of_.emplace(name, file);
    if (message.options().HasExtension(v1::event_type)) {
      with_option_.emplace(name, message.options().GetExtension(v1::event_type));
    }
    for (const DescriptorProto& nested : message.nested_type()) AddMessage(name, nested, file);
  }

  const FileDescriptorSet& set_;
  std::map<std::string, int> files_;
  std::map<std::string, int> file_of_;
  std::map<std::string, std::string> with_option_;
};

/// Collects what is asked for, each event type once.
class Collector {
 public:
  explicit Collector(const SetReader& reader) : reader_(reader) {}

  absl::Status Add(const std::string& message, const std::string& given, std::string field) {
    const std::string type(resource::EventTypeId(given));
    if (type.empty()) return aip::BadField(field, "REQUIRED", "names no event type");
    const auto [known, is_new] = found_.try_emplace(type);
    ImportedMessage& imported = known->second;
    if (!is_new && imported.message == message) return absl::OkStatus();
    if (!is_new) {
      return aip::BadField(field, "DUPLICATE",
                           absl::StrCat("event type ", base::Printable(type),
                                        " would have two: ", imported.message, " and ", message));
    }
    imported = {type, message, reader_.PartFor(message), std::move(field)};
    return absl::OkStatus();
  }

  std::vector<ImportedMessage> Take() && {
    std::vector<ImportedMessage> all;
    for (auto& [type, imported] : found_) all.push_back(std::move(imported));
    return all;
  }

 private:
  const SetReader& reader_;
  std::map<std::string, ImportedMessage> found_;
};

}  // namespace

absl::StatusOr<std::vector<ImportedMessage>> FindImported(
    const v1::ImportEventTypesRequest& request) {
  FileDescriptorSet set;
  if (!set.ParseFromString(request.descriptor_set())) {
    return aip::BadField(kSet, "TYPE",
                         "is no google.protobuf.FileDescriptorSet: let protoc write one "
                         "(--include_imports --descriptor_set_out), or buf build");
  }
  const SetReader reader(set);
  Collector collector(reader);
  for (const auto& [message, type] : reader.with_option()) {
    absl::Status status = collector.Add(message, type, kSet);
    if (!status.ok()) return status;
  }
  for (int i = 0; i < request.mappings_size(); ++i) {
    const auto& mapping = request.mappings(i);
    const std::string field = absl::StrCat("mappings[", i, "]");
    if (!reader.Has(mapping.message())) {
      return aip::BadField(
          field + ".message", "UNKNOWN",
          absl::StrCat("the set has no message '", base::Printable(mapping.message()), "'"));
    }
    absl::Status status = collector.Add(mapping.message(), mapping.event_type(), field);
    if (!status.ok()) return status;
  }
  std::vector<ImportedMessage> all = std::move(collector).Take();
  if (all.empty()) {
    return aip::BadField(kSet, "REQUIRED",
                         "has no message with the option carillon.v1.event_type, and there are no "
                         "mappings");
  }
  if (all.size() > EventTypeImport::kMaxTypes) {
    return aip::BadField(kSet, "TOO_LONG",
                         absl::StrCat("has ", all.size(), " event types, and at most ",
                                      EventTypeImport::kMaxTypes, " are imported at once"));
  }
  return all;
}

}  // namespace carillon::control
