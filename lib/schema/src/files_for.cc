#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "set_reader.h"

namespace carillon::schema {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::DescriptorProto;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

constexpr std::string_view kOurFolder = "google/protobuf/";
constexpr std::string_view kOurPackage = "google.protobuf";

/// A part of the package: `google.protobuf` of `google.protobuf.compiler`, too.
bool IsIn(std::string_view package, std::string_view of) {
  return package.starts_with(of) && (package.size() == of.size() || package[of.size()] == '.');
}

/// Whether messages or those nested in them are called so; `rest`: what of the name is left.
bool Defines(const google::protobuf::RepeatedPtrField<DescriptorProto>& messages,
             std::string_view rest) {
  const size_t dot = rest.find('.');
  const std::string_view first = rest.substr(0, dot);
  for (const DescriptorProto& message : messages) {
    if (message.name() != first) continue;
    return dot == rest.npos || Defines(message.nested_type(), rest.substr(dot + 1));
  }
  return false;
}

bool Defines(const FileDescriptorProto& file, std::string_view message) {
  const std::string& package = file.package();
  if (package.empty()) return Defines(file.message_type(), message);
  return IsIn(message, package) && message.size() > package.size() + 1 &&
         Defines(file.message_type(), message.substr(package.size() + 1));
}

/// Goes through imports, each file once.
class Collector {
 public:
  explicit Collector(const FileDescriptorSet& set) {
    for (const FileDescriptorProto& file : set.file()) {
      if (!by_name_.emplace(file.name(), &file).second && twice_.empty()) twice_ = file.name();
    }
  }

  absl::StatusOr<FileDescriptorSet> Collect(const std::string& name) {
    if (!twice_.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("has the file ", base::Printable(twice_), " twice"));
    }
    if (absl::Status status = Add(name, ""); !status.ok()) return status;
    return std::move(files_);
  }

 private:
  enum class Mark { kUnderWay, kDone };

  absl::Status Add(const std::string& name, const std::string& importer) {
    const auto [mark, is_new] = marks_.emplace(name, Mark::kUnderWay);
    if (!is_new) {
      if (mark->second == Mark::kDone) return absl::OkStatus();
      return absl::InvalidArgumentError(
          absl::StrCat("has a file that imports itself: ", base::Printable(name)));
    }
    const std::optional<FileDescriptorProto> file = Find(name);
    if (!file) {
      return absl::InvalidArgumentError(
          absl::StrCat("lacks ", base::Printable(name), ", which ", base::Printable(importer),
                       " imports: make it with `protoc --include_imports` or `buf build`"));
    }
    if (IsIn(file->package(), kOurPackage) && !name.starts_with(kOurFolder)) {
      return absl::InvalidArgumentError(
          absl::StrCat("has a file of the package google.protobuf: ", base::Printable(name)));
    }
    for (const std::string& import : file->dependency()) {
      if (absl::Status status = Add(import, name); !status.ok()) return status;
    }
    *files_.add_file() = *file;
    marks_[name] = Mark::kDone;
    return absl::OkStatus();
  }

  std::optional<FileDescriptorProto> Find(const std::string& name) const {
    if (name.starts_with(kOurFolder)) {
      const FileDescriptor* ours = DescriptorPool::generated_pool()->FindFileByName(name);
      if (ours == nullptr) return std::nullopt;
      FileDescriptorProto copy;
      ours->CopyTo(&copy);
      return copy;
    }
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return std::nullopt;
    return *found->second;
  }

  absl::flat_hash_map<std::string, const FileDescriptorProto*> by_name_;
  std::string twice_;
  std::map<std::string, Mark> marks_;
  FileDescriptorSet files_;
};

}  // namespace

absl::StatusOr<FileDescriptorSet> FilesFor(const FileDescriptorSet& set, std::string_view message) {
  const auto file =
      std::ranges::find_if(set.file(), [&](const auto& each) { return Defines(each, message); });
  if (file == set.file().end()) {
    return absl::NotFoundError("is the full name of no message in the descriptor set");
  }
  return Collector(set).Collect(file->name());
}

}  // namespace carillon::schema
