#include "diagnose.h"

#include <optional>

#include "carillon/base/text.h"
#include "wire.h"

namespace carillon::ingest {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;

std::optional<std::string> FindProblem(const Descriptor& type, std::string_view bytes,
                                       const std::string& path);

std::optional<std::string> CheckString(std::string_view value, const std::string& path) {
  const auto at = base::FindInvalidUtf8(value);
  if (!at) return std::nullopt;
  return path + ": not valid UTF-8 at byte " + std::to_string(*at);
}

/// `attributes["k"]`, once the key of the entry is known to be text.
std::optional<std::string> CheckMapEntry(const FieldDescriptor& field, std::string_view bytes,
                                         const std::string& path) {
  std::string_view key;
  WireReader reader(bytes);
  for (WireField entry; reader.Next(entry);) {
    if (entry.number == 1) key = entry.bytes;
  }
  const std::string where = path + "[\"" + base::Printable(key) + "\"]";
  if (const std::string broken = reader.Error(); !broken.empty()) return where + ": " + broken;
  if (const auto at = base::FindInvalidUtf8(key)) {
    return where + ": the key is not valid UTF-8 at byte " + std::to_string(*at);
  }
  if (field.message_type()->map_value()->type() != FieldDescriptor::TYPE_STRING) return {};
  WireReader again(bytes);
  for (WireField entry; again.Next(entry);) {
    if (entry.number != 2) continue;
    if (auto problem = CheckString(entry.bytes, where)) return problem;
  }
  return std::nullopt;
}

std::optional<std::string> CheckField(const FieldDescriptor& field, std::string_view bytes,
                                      const std::string& path) {
  if (field.type() == FieldDescriptor::TYPE_STRING) return CheckString(bytes, path);
  if (field.is_map()) return CheckMapEntry(field, bytes, path);
  if (field.type() == FieldDescriptor::TYPE_MESSAGE) {
    return FindProblem(*field.message_type(), bytes, path);
  }
  return std::nullopt;
}

/// Recursion ends with the types: no message of an event holds itself.
std::optional<std::string> FindProblem(const Descriptor& type, std::string_view bytes,
                                       const std::string& path) {
  WireReader reader(bytes);
  for (WireField wire; reader.Next(wire);) {
    const FieldDescriptor* field = type.FindFieldByNumber(wire.number);
    if (field == nullptr || wire.type != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) continue;
    if (auto problem = CheckField(*field, wire.bytes, path + "." + field->name())) return problem;
  }
  const std::string broken = reader.Error();
  if (broken.empty()) return std::nullopt;
  return path + ": " + broken;
}

}  // namespace

std::string Diagnose(const Descriptor& type, std::string_view bytes, const std::string& path) {
  if (auto problem = FindProblem(type, bytes, path)) return *std::move(problem);
  return path + ": not a message of type " + type.full_name();
}

}  // namespace carillon::ingest
