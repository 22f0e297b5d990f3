#include "field_count.h"

#include <google/protobuf/struct.pb.h>

#include "absl/strings/str_cat.h"
#include "carillon/schema/wire.h"
#include "validate.h"

namespace carillon::ingest {
namespace {

using schema::WireField;
using schema::WireReader;

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;

/// A field takes two bytes or more, a group with its end too.
constexpr size_t kLeastFieldBytes = 2;

struct Count {
  size_t fields = 0;
  size_t attributes = 0;
  size_t data = 0;
};

/// Of the messages that hold themselves, protobuf reads some hundred within each other.
constexpr size_t kMaxCountedDepth = 128;

/// Counts up to one more than `max_fields`, and kMaxDataFields. `depth`: the messages around this
/// one, of which data alone has many.
void Add(const Descriptor& type, std::string_view bytes, size_t depth, bool data, size_t max_fields,
         Count& count) {
  if (depth > kMaxCountedDepth) return;
  size_t& fields = data ? count.data : count.fields;
  WireReader reader(bytes, WireReader::Groups::kOpen);
  for (WireField wire; fields <= (data ? kMaxDataFields : max_fields) && reader.Next(wire);) {
    if (wire.type == WireFormatLite::WIRETYPE_END_GROUP) continue;
    ++fields;
    if (wire.type != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) continue;
    const FieldDescriptor* field = type.FindFieldByNumber(wire.number);
    if (field == nullptr || field->type() != FieldDescriptor::TYPE_MESSAGE) continue;
    if (field->is_map() && !data) ++count.attributes;
    const bool is_data = field->message_type() == google::protobuf::Value::descriptor();
    Add(*field->message_type(), wire.bytes, depth + 1, data || is_data, max_fields, count);
  }
}

}  // namespace

absl::Status CheckFieldCount(const Descriptor& type, std::string_view bytes, Place place,
                             size_t max_fields) {
  if (bytes.size() <= kLeastFieldBytes * max_fields) [[likely]]
    return absl::OkStatus();
  Count count;
  Add(type, bytes, 0, false, max_fields, count);
  if (count.data > kMaxDataFields) {
    return place.Error("data", absl::StrCat("has more than ", kMaxDataFields,
                                            " fields, some four for each member; use json"));
  }
  if (count.fields <= max_fields) [[likely]]
    return absl::OkStatus();
  if (max_fields == kMaxFields && count.attributes > kMaxAttributes) {
    return place.Error("attributes", absl::StrCat("at most ", kMaxAttributes, " are allowed, not ",
                                                  count.attributes, " or more"));
  }
  return place.Error({}, absl::StrCat("has more than ", max_fields,
                                      " fields, unknown and repeated ones included"));
}

}  // namespace carillon::ingest
