#include "change_call.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"

namespace carillon::control {
namespace {

constexpr size_t kMaxRequestIdBytes = 64;

/// Equal messages are equal bytes, whatever the order of their maps.
std::string Serialized(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream output(&stream);
  output.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&output);
  output.Trim();
  return bytes;
}

}  // namespace

absl::Status CheckRequestId(const std::string& id) {
  const bool good =
      id.size() <= kMaxRequestIdBytes && std::ranges::all_of(id, [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
      });
  if (good) return absl::OkStatus();
  return aip::BadField("request_id", "PATTERN", "must be 1-64 characters of [A-Za-z0-9_-]");
}

absl::Status ReadOnlyFile(std::string_view name) {
  return aip::FailedPrecondition(
      v1::READ_ONLY_FILE,
      absl::StrCat(base::ToAbsl(name), " is defined by the configuration file: change it there"),
      {{"READ_ONLY_FILE", std::string(name), "change the configuration file"}},
      {{"resource", std::string(name)}});
}

absl::Status ReadOnlyBuiltIn(std::string_view name) {
  return aip::FailedPrecondition(
      v1::READ_ONLY_BUILT_IN,
      absl::StrCat(base::ToAbsl(name), " is built in, and cannot be changed"),
      {{"READ_ONLY_BUILT_IN", std::string(name), "make one of another name"}},
      {{"resource", std::string(name)}});
}

ChangeCall MakeCall(const ChangeRequest& request, const Caller& caller,
                    const google::protobuf::Message& answer_type) {
  ChangeCall call;
  call.principal = caller.principal;
  call.method = request.method;
  if (!request.validate_only) call.request_id = request.request_id;
  call.request = Serialized(request.request);
  call.answer_type = &answer_type;
  call.validate_only = request.validate_only;
  call.trail = caller.trail;
  return call;
}

}  // namespace carillon::control
