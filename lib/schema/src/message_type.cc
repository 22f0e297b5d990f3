#include "carillon/schema/message_type.h"

#include <openssl/sha.h>

#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "descriptor_set.h"
#include "set_reader.h"

namespace carillon::schema {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

/// The first thing that protobuf finds wrong.
class FirstError final : public DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& file, const std::string& element,
                const google::protobuf::Message*, ErrorLocation, const std::string& text) override {
    if (!text_.empty()) return;
    text_ = absl::StrCat(base::Printable(file), ": ", base::Printable(element), ": ",
                         base::Printable(text, 256));
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string Sha256Hex(std::string_view bytes) {
  unsigned char hash[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), hash);
  return absl::BytesToHexString({reinterpret_cast<const char*>(hash), sizeof hash});
}

absl::Status CannotBe(const Descriptor& type, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(
      "has a message that cannot be turned into JSON: ", type.full_name(), " ", base::ToAbsl(why)));
}

/// Whether payloads can have the message in them.
absl::Status CheckMessage(const Descriptor& type) {
  if (type.full_name() == "google.protobuf.Any") {
    return CannotBe(type, "may hold what the descriptor set does not describe");
  }
  if (type.extension_range_count() > 0 || type.options().message_set_wire_format()) {
    return CannotBe(type, "has extensions");
  }
  absl::flat_hash_set<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) {
    if (!names.insert(type.field(i)->json_name()).second) {
      return CannotBe(
          type, absl::StrCat("has two fields that are ", type.field(i)->json_name(), " in JSON"));
    }
  }
  return absl::OkStatus();
}

/// Checks the message and whatever it may have in it.
absl::Status CheckReachable(const Descriptor& root) {
  absl::flat_hash_set<const Descriptor*> seen = {&root};
  std::vector<const Descriptor*> ahead = {&root};
  while (!ahead.empty()) {
    const Descriptor& type = *ahead.back();
    ahead.pop_back();
    if (absl::Status status = CheckMessage(type); !status.ok()) return status;
    for (int i = 0; i < type.field_count(); ++i) {
      const Descriptor* next = type.field(i)->message_type();
      if (next != nullptr && seen.insert(next).second) ahead.push_back(next);
    }
  }
  return absl::OkStatus();
}

/// Names that are the server's own.
absl::Status CheckOwner(std::string_view message) {
  for (const std::string_view package : {"carillon.", "google.protobuf."}) {
    if (!message.starts_with(package)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "has no message of the package ", base::ToAbsl(package.substr(0, package.size() - 1)),
        " that can be registered: it is the server's"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const DescriptorSet>> DescriptorSet::Create(
    const FileDescriptorSet& files, std::string bytes, std::string digest) {
  auto set = std::make_shared<DescriptorSet>(std::move(bytes), std::move(digest));
  FirstError errors;
  for (const FileDescriptorProto& file : files.file()) {
    if (set->pool_.BuildFileCollectingErrors(file, &errors) != nullptr) continue;
    return absl::InvalidArgumentError(absl::StrCat("is wrong: ", errors.text()));
  }
  return set;
}

MessageType::MessageType(std::shared_ptr<const DescriptorSet> set, const Descriptor& descriptor)
    : set_(std::move(set)), descriptor_(descriptor), prototype_(set_->PrototypeOf(descriptor)) {}

const std::string& MessageType::set_bytes() const { return set_->bytes(); }
const std::string& MessageType::digest() const { return set_->digest(); }

absl::StatusOr<MessageTypePtr> MessageTypes::Read(std::string_view set, std::string_view message) {
  if (absl::Status status = CheckOwner(message); !status.ok()) return status;
  absl::StatusOr<FileDescriptorSet> read = ReadSet(set);
  if (!read.ok()) return read.status();
  absl::StatusOr<FileDescriptorSet> files = FilesFor(*read, message);
  if (!files.ok()) return files.status();
  std::string bytes = files->SerializeAsString();
  std::string digest = Sha256Hex(bytes);
  // Held while a set is built, so that equal ones are built once.
  const base::MutexLock lock(mutex_);
  std::shared_ptr<const DescriptorSet> built = sets_[digest].lock();
  if (built == nullptr) {
    std::erase_if(sets_, [](const auto& each) { return each.second.expired(); });
    auto made = DescriptorSet::Create(*files, std::move(bytes), digest);
    if (!made.ok()) return made.status();
    built = *std::move(made);
    sets_[digest] = built;
  }
  const Descriptor* descriptor = built->pool().FindMessageTypeByName(std::string(message));
  if (descriptor == nullptr || descriptor->options().map_entry()) {
    return absl::NotFoundError("is the full name of no message in the descriptor set");
  }
  if (absl::Status status = CheckReachable(*descriptor); !status.ok()) return status;
  return std::make_shared<const MessageType>(std::move(built), *descriptor);
}

}  // namespace carillon::schema
