#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

namespace carillon::schema {

/// One field of a message in its wire form.
struct WireField {
  int number = 0;
  size_t begin = 0;  ///< where its tag stands in the message
  google::protobuf::internal::WireFormatLite::WireType type{};
  std::string_view bytes;  ///< the value of a length-delimited field, else empty
};

/// Reads the fields of one message, one after another, without knowing its type. `bytes` must
/// outlive the reader.
class WireReader {
 public:
  /// A group is one field and passed over whole; or its beginning, what is in it, and its end are
  /// each told, whether they go together or not.
  enum class Groups { kWhole, kOpen };

  explicit WireReader(std::string_view bytes, Groups groups = Groups::kWhole);

  /// The next field; false at the end and where the bytes are no message.
  bool Next(WireField& field);

  /// After `Next` returned false: empty when the message was read to its end, else what is wrong
  /// (`truncated or malformed at byte 7`).
  std::string Error() const;

 private:
  std::string_view bytes_;
  google::protobuf::io::CodedInputStream input_;
  const Groups groups_;
  int field_begin_ = 0;
  bool failed_ = false;
};

}  // namespace carillon::schema
