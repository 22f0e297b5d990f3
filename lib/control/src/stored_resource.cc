#include "stored_resource.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/resource/to_message.h"
#include "carillon/sealing/envelope.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::control {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr char kStoredVersion = 1;
constexpr char kPlain = 0;
constexpr char kSealed = 1;

bool TellsByName(const Message& message) {
  const auto* header = dynamic_cast<const v1::Header*>(&message);
  return header != nullptr && !header->value().empty() && resource::TellsSecret(header->name());
}

}  // namespace

bool HasSecret(const Message& message) {
  if (TellsByName(message)) return true;
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (resource::HoldsSecret(*field)) return true;
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_map()) continue;
    if (!field->is_repeated()) {
      if (HasSecret(reflection.GetMessage(message, field))) return true;
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      if (HasSecret(reflection.GetRepeatedMessage(message, field, i))) return true;
    }
  }
  return false;
}

std::string EncodeBytes(const sealing::MasterKeys& keys, std::string_view key,
                        const std::string& bytes, bool seals) {
  if (!seals) return absl::StrCat(std::string({kStoredVersion, kPlain}), bytes);
  return absl::StrCat(std::string({kStoredVersion, kSealed}),
                      sealing::SealSecret(keys, base::Secret(bytes), key));
}

std::string EncodeStored(const sealing::MasterKeys& keys, std::string_view key,
                         const Message& message) {
  return EncodeBytes(keys, key, message.SerializeAsString(), HasSecret(message));
}

absl::StatusOr<base::Secret> DecodeBytes(const sealing::MasterKeys& keys, std::string_view key,
                                         std::string_view stored) {
  if (stored.size() < 2 || stored[0] != kStoredVersion || stored[1] > kSealed) {
    return absl::DataLossError(
        absl::StrCat("'", base::Printable(key), "' is not stored as this version does"));
  }
  if (stored[1] == kPlain) return base::Secret(std::string(stored.substr(2)));
  absl::StatusOr<base::Secret> opened = sealing::OpenSecret(keys, stored.substr(2), key);
  if (opened.ok()) return opened;
  return absl::Status(opened.status().code(),
                      absl::StrCat("'", base::Printable(key), "': ", opened.status().message()));
}

bool ParseFrom(const base::Secret& bytes, Message& message) {
  const std::string_view text = bytes.Reveal();
  return message.ParseFromArray(text.data(), static_cast<int>(text.size()));
}

std::optional<std::string_view> SealedIn(std::string_view stored) {
  if (stored.size() < 2 || stored[0] != kStoredVersion || stored[1] != kSealed) return std::nullopt;
  return stored.substr(2);
}

}  // namespace carillon::control
