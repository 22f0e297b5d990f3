#include "field_count.h"

#include "absl/strings/str_cat.h"
#include "validate.h"
#include "wire.h"

namespace carillon::ingest {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;

/// A field takes two bytes or more, a group with its end too.
constexpr size_t kLeastFieldBytes = 2;

struct Count {
  size_t fields = 0;
  size_t attributes = 0;
};

/// Counts up to one more than kMaxFields. Recursion ends with the types: no message of an event
/// holds itself.
void Add(const Descriptor& type, std::string_view bytes, Count& count) {
  WireReader reader(bytes, WireReader::Groups::kOpen);
  for (WireField wire; count.fields <= kMaxFields && reader.Next(wire);) {
    if (wire.type == WireFormatLite::WIRETYPE_END_GROUP) continue;
    ++count.fields;
    if (wire.type != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) continue;
    const FieldDescriptor* field = type.FindFieldByNumber(wire.number);
    if (field == nullptr || field->type() != FieldDescriptor::TYPE_MESSAGE) continue;
    if (field->is_map()) ++count.attributes;
    Add(*field->message_type(), wire.bytes, count);
  }
}

}  // namespace

absl::Status CheckFieldCount(const Descriptor& type, std::string_view bytes, Place place) {
  if (bytes.size() <= kLeastFieldBytes * kMaxFields) [[likely]]
    return absl::OkStatus();
  Count count;
  Add(type, bytes, count);
  if (count.fields <= kMaxFields) [[likely]]
    return absl::OkStatus();
  if (count.attributes > kMaxAttributes) {
    return place.Error("attributes", absl::StrCat("at most ", kMaxAttributes, " are allowed, not ",
                                                  count.attributes, " or more"));
  }
  return place.Error({}, absl::StrCat("has more than ", kMaxFields,
                                      " fields, unknown and repeated ones included"));
}

}  // namespace carillon::ingest
