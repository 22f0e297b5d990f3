#include "carillon/schema/wire.h"

#include <limits>

namespace carillon::schema {
namespace {

using google::protobuf::internal::WireFormatLite;

/// Protobuf's own bound of a message; nothing larger comes from gRPC.
int BoundedSize(std::string_view bytes) {
  constexpr size_t kMax = std::numeric_limits<int>::max();
  return static_cast<int>(bytes.size() < kMax ? bytes.size() : kMax);
}

bool BoundsGroup(WireFormatLite::WireType type) {
  return type == WireFormatLite::WIRETYPE_START_GROUP || type == WireFormatLite::WIRETYPE_END_GROUP;
}

}  // namespace

WireReader::WireReader(std::string_view bytes, Groups groups)
    : bytes_(bytes),
      input_(reinterpret_cast<const uint8_t*>(bytes.data()), BoundedSize(bytes)),
      groups_(groups) {}

bool WireReader::Next(WireField& field) {
  field_begin_ = input_.CurrentPosition();
  const uint32_t tag = input_.ReadTag();
  if (tag == 0) {
    failed_ = !input_.ConsumedEntireMessage() ||
              static_cast<size_t>(input_.CurrentPosition()) != bytes_.size();
    return false;
  }
  field.begin = static_cast<size_t>(field_begin_);
  field.number = WireFormatLite::GetTagFieldNumber(tag);
  field.type = WireFormatLite::GetTagWireType(tag);
  field.bytes = {};
  if (groups_ == Groups::kOpen && field.number != 0 && BoundsGroup(field.type)) return true;
  if (field.type != WireFormatLite::WIRETYPE_LENGTH_DELIMITED || field.number == 0) {
    failed_ = !WireFormatLite::SkipField(&input_, tag);
    return !failed_;
  }
  uint32_t length = 0;
  failed_ = !input_.ReadVarint32(&length) ||
            length > bytes_.size() - static_cast<size_t>(input_.CurrentPosition());
  if (failed_) return false;
  field.bytes = bytes_.substr(static_cast<size_t>(input_.CurrentPosition()), length);
  failed_ = !input_.Skip(static_cast<int>(length));
  return !failed_;
}

std::string WireReader::Error() const {
  if (!failed_) return {};
  return "truncated or malformed at byte " + std::to_string(field_begin_);
}

}  // namespace carillon::schema
