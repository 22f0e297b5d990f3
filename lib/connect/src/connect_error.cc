#include "connect_error.h"

#include <grpcpp/support/status.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "messages.h"

namespace carillon::connect {
namespace {

using google::protobuf::Any;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using nlohmann::ordered_json;

constexpr int64_t kMaxRetryAfter = 86'400;

struct CodeRow {
  std::string_view name;
  int http;
};

/// By code, from OK on, as the Connect protocol lists them.
constexpr std::array<CodeRow, 17> kCodes = {{{"unknown", 500},
                                             {"canceled", 499},
                                             {"unknown", 500},
                                             {"invalid_argument", 400},
                                             {"deadline_exceeded", 504},
                                             {"not_found", 404},
                                             {"already_exists", 409},
                                             {"permission_denied", 403},
                                             {"resource_exhausted", 429},
                                             {"failed_precondition", 400},
                                             {"aborted", 409},
                                             {"out_of_range", 400},
                                             {"unimplemented", 501},
                                             {"internal", 500},
                                             {"unavailable", 503},
                                             {"data_loss", 500},
                                             {"unauthenticated", 401}}};

const CodeRow& Row(int code) {
  const bool known = code > 0 && static_cast<size_t>(code) < kCodes.size();
  return kCodes[known ? static_cast<size_t>(code) : 0];
}

std::string TypeName(const Any& detail) {
  return detail.type_url().substr(detail.type_url().rfind('/') + 1);
}

std::string Base64(const std::string& bytes) {
  std::string text = absl::Base64Escape(bytes);
  text.resize(std::min(text.size(), text.find('=')));
  return text;
}

ordered_json ToJson(const Any& detail) {
  ordered_json json = {{"type", TypeName(detail)}, {"value", Base64(detail.value())}};
  std::string debug;
  if (BinaryToJson(TypeName(detail), detail.value(), debug).ok()) {
    json["debug"] = ordered_json::parse(debug, nullptr, false);
  }
  return json;
}

/// Whole seconds, rounded up; nullopt when the error says nothing about them.
std::optional<int64_t> RetryAfter(const Error& error) {
  for (const Any& detail : error.details()) {
    google::rpc::RetryInfo info;
    if (!detail.Is<google::rpc::RetryInfo>() || !detail.UnpackTo(&info)) continue;
    const int64_t seconds = info.retry_delay().seconds() + (info.retry_delay().nanos() > 0 ? 1 : 0);
    return std::clamp<int64_t>(seconds, 0, kMaxRetryAfter);
  }
  return std::nullopt;
}

/// Splits `events[3].id` into `events`, `[3]` and `id`: the part that `rest` begins with, and what
/// stands between it and the next.
struct Part {
  std::string_view name;
  std::string_view between;  ///< indexes and the dot
};

Part TakePart(std::string_view& rest) {
  Part part;
  part.name = rest.substr(0, rest.find_first_of(".["));
  rest.remove_prefix(part.name.size());
  const size_t dot = rest.find('.');
  part.between = rest.substr(0, dot == std::string_view::npos ? dot : dot + 1);
  rest.remove_prefix(part.between.size());
  return part;
}

}  // namespace

Error MakeError(v1::ErrorReason reason, std::string_view text, std::chrono::seconds delay) {
  absl::Status status = aip::MakeError(reason, text);
  if (delay.count() > 0) aip::AddRetry(status, delay);
  return aip::ToRpc(status);
}

Error MakeError(const std::vector<aip::FieldViolation>& violations) {
  return aip::ToRpc(aip::BadRequest(violations));
}

Error FromGrpc(const grpc::Status& status) {
  Error error;
  if (!status.error_details().empty()) error.ParseFromString(status.error_details());
  error.set_code(static_cast<int>(status.error_code()));
  error.set_message(status.error_message());
  return error;
}

std::string JsonPath(const Descriptor& request, std::string_view path) {
  std::string out;
  const Descriptor* message = &request;
  for (std::string_view rest = path; !rest.empty();) {
    const Part part = TakePart(rest);
    const FieldDescriptor* field =
        message == nullptr ? nullptr : message->FindFieldByName(std::string(part.name));
    if (field == nullptr && message != nullptr) {
      field = message->FindFieldByCamelcaseName(std::string(part.name));
    }
    absl::StrAppend(
        &out, field == nullptr ? base::ToAbsl(part.name) : absl::string_view(field->json_name()),
        base::ToAbsl(part.between));
    const bool leads_on = field != nullptr && !field->is_map() &&
                          field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    message = leads_on ? field->message_type() : nullptr;
  }
  return out;
}

void UseJsonNames(const Descriptor& request, Error& error) {
  for (Any& detail : *error.mutable_details()) {
    google::rpc::BadRequest bad;
    if (!detail.Is<google::rpc::BadRequest>() || !detail.UnpackTo(&bad)) continue;
    for (auto& violation : *bad.mutable_field_violations()) {
      violation.set_field(JsonPath(request, violation.field()));
    }
    detail.PackFrom(bad);
  }
}

std::string_view CodeName(int code) { return Row(code).name; }
int HttpStatus(int code) { return Row(code).http; }

std::string ToJson(const Error& error) {
  ordered_json json = {{"code", CodeName(error.code())}};
  if (!error.message().empty()) json["message"] = error.message();
  for (const Any& detail : error.details()) json["details"].push_back(ToJson(detail));
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

web::Response ToResponse(const Error& error, int http_status) {
  web::Response response{.status = http_status != 0 ? http_status : HttpStatus(error.code()),
                         .content_type = "application/json",
                         .body = ToJson(error)};
  response.headers.Set("Cache-Control", "no-store");
  if (const auto seconds = RetryAfter(error)) {
    response.headers.Set("Retry-After", std::to_string(*seconds));
  }
  if (error.code() == static_cast<int>(absl::StatusCode::kUnauthenticated)) {
    response.headers.Set("WWW-Authenticate", "Bearer");
  }
  return response;
}

}  // namespace carillon::connect
