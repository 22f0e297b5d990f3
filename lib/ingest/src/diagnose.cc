#include "diagnose.h"

#include <optional>

#include "carillon/base/text.h"
#include "carillon/schema/wire.h"
#include "data_payload.h"

namespace carillon::ingest {
namespace {

using schema::WireField;
using schema::WireReader;

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;

/// Within each other in an event: it, `data`, and three for each object in it.
constexpr size_t kMaxDiagnosedDepth = 2 + 3 * kMaxDataDepth;

constexpr char kTooDeep[] = ": has messages nested too deep";

std::optional<std::string> FindProblem(const Descriptor& type, std::string_view bytes,
                                       const std::string& path, size_t depth);

std::optional<std::string> CheckField(const FieldDescriptor& field, std::string_view bytes,
                                      const std::string& path, size_t depth);

std::optional<std::string> CheckString(std::string_view value, const std::string& path) {
  const auto at = base::FindInvalidUtf8(value);
  if (!at) return std::nullopt;
  return path + ": not valid UTF-8 at byte " + std::to_string(*at);
}

/// `attributes["k"]`, once the key of the entry is known to be text.
std::optional<std::string> CheckMapEntry(const FieldDescriptor& field, std::string_view bytes,
                                         const std::string& path, size_t depth) {
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
  const FieldDescriptor& value = *field.message_type()->map_value();
  WireReader again(bytes);
  for (WireField entry; again.Next(entry);) {
    if (entry.number != 2 || entry.type != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) continue;
    if (auto problem = CheckField(value, entry.bytes, where, depth)) return problem;
  }
  return std::nullopt;
}

std::optional<std::string> CheckField(const FieldDescriptor& field, std::string_view bytes,
                                      const std::string& path, size_t depth) {
  if (field.type() == FieldDescriptor::TYPE_STRING) return CheckString(bytes, path);
  if (field.is_map()) return CheckMapEntry(field, bytes, path, depth + 1);
  if (field.type() == FieldDescriptor::TYPE_MESSAGE) {
    return FindProblem(*field.message_type(), bytes, path, depth + 1);
  }
  return std::nullopt;
}

/// `depth`: the messages around this one.
std::optional<std::string> FindProblem(const Descriptor& type, std::string_view bytes,
                                       const std::string& path, size_t depth) {
  // The path to it helps nobody.
  if (depth >= kMaxDiagnosedDepth) {
    const size_t data = path.find(".data");
    if (data == path.npos) return path.substr(0, path.find('.', path.find('.') + 1)) + kTooDeep;
    return path.substr(0, data) + ".data: is nested more than " + std::to_string(kMaxDataDepth) +
           " deep; use json";
  }
  WireReader reader(bytes);
  for (WireField wire; reader.Next(wire);) {
    const FieldDescriptor* field = type.FindFieldByNumber(wire.number);
    if (field == nullptr || wire.type != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) continue;
    if (auto problem = CheckField(*field, wire.bytes, path + "." + field->name(), depth))
      return problem;
  }
  const std::string broken = reader.Error();
  if (broken.empty()) return std::nullopt;
  return path + ": " + broken;
}

}  // namespace

std::string Diagnose(const Descriptor& type, std::string_view bytes, const std::string& path) {
  if (auto problem = FindProblem(type, bytes, path, 0)) return *std::move(problem);
  return path + ": not a message of type " + type.full_name();
}

}  // namespace carillon::ingest
