#include "request_id.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include "absl/strings/str_cat.h"

namespace carillon::connect {

using google::protobuf::internal::WireFormatLite;
namespace io = google::protobuf::io;

std::optional<Error> SetRequestId(const google::protobuf::FieldDescriptor& field,
                                  std::string_view key, std::string& message) {
  const uint32_t wanted =
      WireFormatLite::MakeTag(field.number(), WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  std::string present;
  {
    io::CodedInputStream in(reinterpret_cast<const uint8_t*>(message.data()),
                            static_cast<int>(message.size()));
    while (const uint32_t tag = in.ReadTag()) {
      const bool read = tag == wanted ? WireFormatLite::ReadString(&in, &present)
                                      : WireFormatLite::SkipField(&in, tag);
      if (!read) break;
    }
    if (!in.ConsumedEntireMessage()) {
      return MakeError({{"", "SYNTAX", "the request is no protobuf message"}});
    }
  }
  if (present == key) return std::nullopt;
  if (!present.empty()) {
    return MakeError(
        v1::REQUEST_ID_REUSED,
        absl::StrCat(field.json_name(), ": differs from Idempotency-Key; leave one out"));
  }
  io::StringOutputStream stream(&message);
  io::CodedOutputStream out(&stream);
  WireFormatLite::WriteString(field.number(), std::string(key), &out);
  return std::nullopt;
}

}  // namespace carillon::connect
