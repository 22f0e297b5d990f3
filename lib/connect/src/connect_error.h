#pragma once

#include <google/protobuf/descriptor.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/aip/error.h"
#include "carillon/web/message.h"
#include "google/rpc/status.pb.h"

namespace grpc {
class Status;
}

namespace carillon::connect {

/// How a call ended that did not succeed: a code, a text, and details for programs.
using Error = google::rpc::Status;

/// An error of the bridge's own. Where there is a `delay`, the same call may succeed after it.
Error MakeError(v1::ErrorReason reason, std::string_view text, std::chrono::seconds delay = {});
/// FIELD_INVALID: `violations`, whose paths are in JSON names, are not none.
Error MakeError(const std::vector<aip::FieldViolation>& violations);
/// The error of a call, with the details that came with it. `status` is none of success.
Error FromGrpc(const grpc::Status& status);

/// Turns the paths of a BadRequest, which begin at `request`, from names of the proto into those of
/// its JSON. What leads nowhere stays as it is.
void UseJsonNames(const google::protobuf::Descriptor& request, Error& error);
/// One such path: `destination.retry.max_age` to `destination.retry.maxAge`.
std::string JsonPath(const google::protobuf::Descriptor& request, std::string_view path);

/// The name that Connect has for a code: `not_found`.
std::string_view CodeName(int code);
/// The HTTP status that Connect has for a code.
int HttpStatus(int code);
/// As Connect's JSON has it. The `debug` of each detail whose type is known is always there.
std::string ToJson(const Error& error);
/// The answer to a unary call: with `Retry-After`, `WWW-Authenticate` and `Cache-Control`. The
/// HTTP status is that of the code if `http_status` is 0.
web::Response ToResponse(const Error& error, int http_status = 0);

}  // namespace carillon::connect
