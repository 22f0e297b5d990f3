#include "messages.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "json_check.h"

namespace carillon::connect {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
namespace util = google::protobuf::util;

constexpr char kPrefix[] = "type.googleapis.com";
constexpr size_t kMaxDescription = 256;

/// Made once; thread-safe.
util::TypeResolver& Resolver() {
  static util::TypeResolver& resolver =
      *util::NewTypeResolverForDescriptorPool(kPrefix, DescriptorPool::generated_pool());
  return resolver;
}

std::string Url(const std::string& type) { return absl::StrCat(kPrefix, "/", type); }

struct Expected {
  std::string_view type;
  std::string_view words;
};

constexpr Expected kExpected[] = {
    {"TYPE_STRING", "a string"},
    {"TYPE_BYTES", "base64 in a string"},
    {"TYPE_BOOL", "true or false"},
    {"TYPE_DOUBLE", "a number"},
    {"TYPE_FLOAT", "a number"},
    {"TYPE_INT32", "a whole number of 32 bits"},
    {"TYPE_SINT32", "a whole number of 32 bits"},
    {"TYPE_SFIXED32", "a whole number of 32 bits"},
    {"TYPE_UINT32", "a whole number of 32 bits that is not negative"},
    {"TYPE_FIXED32", "a whole number of 32 bits that is not negative"},
    {"TYPE_INT64", "a whole number of 64 bits"},
    {"TYPE_SINT64", "a whole number of 64 bits"},
    {"TYPE_SFIXED64", "a whole number of 64 bits"},
    {"TYPE_UINT64", "a whole number of 64 bits that is not negative"},
    {"TYPE_FIXED64", "a whole number of 64 bits that is not negative"},
    {"Map", "an object"},
    {"type.googleapis.com/google.protobuf.Duration", "seconds in a string, such as \"1800s\""},
    {"type.googleapis.com/google.protobuf.Timestamp",
     "a time of RFC 3339 in a string, such as \"2026-01-02T03:04:05Z\""},
    {"type.googleapis.com/google.protobuf.FieldMask", "paths with commas between, in a string"},
};

/// What a value of `type` looks like, as the parser names types.
std::string Expectation(std::string_view type) {
  for (const Expected& row : kExpected) {
    if (row.type == type) return std::string(row.words);
  }
  const std::string name(type.substr(type.rfind('/') + 1));
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  const auto* values = pool.FindEnumTypeByName(name);
  if (values == nullptr) {
    return pool.FindMessageTypeByName(name) != nullptr ? "an object" : absl::StrCat("a ", name);
  }
  std::string names = "one of ";
  for (int i = 0; i < values->value_count(); ++i) {
    absl::StrAppend(&names, i == 0 ? "" : ", ", values->value(i)->name());
  }
  return names;
}

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with(':')) text.remove_prefix(1);
  return text;
}

}  // namespace

aip::FieldViolation ReadParserError(const Descriptor& type, std::string_view text) {
  aip::FieldViolation violation{.field = "", .reason = "TYPE", .description = ""};
  const size_t end = text.starts_with('(') ? text.find("):") : std::string_view::npos;
  if (end != std::string_view::npos) {
    violation.field = JsonPath(type, text.substr(1, end - 1));
    text.remove_prefix(end + 1);
  }
  text = Trim(text);
  constexpr std::string_view kInvalid = "invalid value ";
  constexpr std::string_view kForType = " for type ";
  const size_t for_type = text.rfind(kForType);
  if (!text.starts_with(kInvalid) || for_type == std::string_view::npos) {
    violation.description = base::Printable(text, kMaxDescription);
    return violation;
  }
  const std::string_view value = text.substr(kInvalid.size(), for_type - kInvalid.size());
  const std::string_view name = text.substr(for_type + kForType.size());
  if (name == "oneof" || name == "Any") {
    violation.description = base::Printable(value, kMaxDescription);
    violation.reason = name == "oneof" ? "CONFLICT" : "UNKNOWN";
    return violation;
  }
  // In place of a value may stand a sentence of the parser.
  const bool sentence = value.starts_with("Field '") || value.starts_with("Cannot ");
  violation.description = sentence
                              ? absl::StrCat("must be ", Expectation(name))
                              : absl::StrCat(base::Printable(value), " is not ", Expectation(name));
  return violation;
}

std::optional<Error> JsonToBinary(const Descriptor& type, const std::string& json,
                                  std::string& out) {
  if (std::optional<Error> wrong = CheckJson(type, json)) return wrong;
  out.clear();
  const auto status = util::JsonToBinaryString(&Resolver(), Url(type.full_name()), json, &out);
  if (status.ok()) return std::nullopt;
  return MakeError(
      {ReadParserError(type, base::ToStd({status.message().data(), status.message().size()}))});
}

absl::Status BinaryToJson(const std::string& type, const std::string& binary, std::string& out) {
  out.clear();
  const auto status = util::BinaryToJsonString(&Resolver(), Url(type), binary, &out);
  if (status.ok()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("no JSON can be made of a ", type));
}

}  // namespace carillon::connect
