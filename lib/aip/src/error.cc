#include "carillon/aip/error.h"

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"

namespace carillon::aip {
namespace {

constexpr std::string_view kTypeUrl = "type.googleapis.com/";

std::string UrlOf(const google::protobuf::Descriptor& type) {
  return absl::StrCat(base::ToAbsl(kTypeUrl), type.full_name());
}

bool IsErrorInfo(const google::protobuf::Any& detail) {
  return detail.type_url() == UrlOf(*google::rpc::ErrorInfo::descriptor());
}

absl::Status AboutResource(v1::ErrorReason reason, std::string_view type, std::string_view name,
                           std::string_view text, Metadata facts) {
  facts["resource"] = name;
  absl::Status status = MakeError(reason, text, facts);
  google::rpc::ResourceInfo info;
  info.set_resource_type(std::string(type));
  info.set_resource_name(std::string(name));
  info.set_description(std::string(text));
  AddDetail(status, info);
  return status;
}

/// Whether the text of an error without a reason may tell of the inside.
bool IsFaultOfOurs(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kDataLoss;
}

std::string WithPath(const FieldViolation& violation) {
  if (violation.field.empty()) return violation.description;
  return absl::StrCat(violation.field, ": ", violation.description);
}

}  // namespace

absl::StatusCode CodeOf(v1::ErrorReason reason) {
  switch (reason) {
    case v1::FIELD_INVALID:
    case v1::FILTER_INVALID:
    case v1::ORDER_BY_INVALID:
    case v1::PAGE_TOKEN_INVALID:
    case v1::UPDATE_MASK_INVALID:
    case v1::REQUEST_ID_REUSED:
    case v1::FILE_ONLY:
    case v1::URL_BLOCKED:
    case v1::HTTP_INVALID:
      return absl::StatusCode::kInvalidArgument;
    case v1::CREDENTIALS_MISSING:
    case v1::CREDENTIALS_INVALID:
    case v1::CREDENTIALS_EXPIRED:
      return absl::StatusCode::kUnauthenticated;
    case v1::ROLE_FORBIDDEN:
    case v1::TENANT_FORBIDDEN:
    case v1::EVENT_TYPE_FORBIDDEN:
    case v1::FIELD_FORBIDDEN:
      return absl::StatusCode::kPermissionDenied;
    case v1::RESOURCE_NOT_FOUND:
      return absl::StatusCode::kNotFound;
    case v1::RESOURCE_EXISTS:
    case v1::NAME_IN_FILE:
      return absl::StatusCode::kAlreadyExists;
    case v1::ETAG_MISMATCH:
      return absl::StatusCode::kAborted;
    case v1::READ_ONLY_FILE:
    case v1::READ_ONLY_BUILT_IN:
    case v1::DISABLED_BY_FILE:
    case v1::RESOURCE_IN_USE:
    case v1::TENANT_NOT_EMPTY:
    case v1::LAST_KEY:
    case v1::INCOMPATIBLE_SCHEMA:
    case v1::STATE_CONFLICT:
    case v1::EVENT_EXPIRED:
    case v1::MASTER_KEY_MISSING:
    case v1::TENANT_DISABLED:
    case v1::TENANT_NAME_RETIRED:
      return absl::StatusCode::kFailedPrecondition;
    case v1::RATE_LIMITED:
    case v1::QUOTA_EXCEEDED:
    case v1::DISK_FULL:
    case v1::TOO_MANY_WAITING_BYTES:
    case v1::LOGIN_THROTTLED:
    case v1::TOO_MANY_STREAMS:
    case v1::REQUEST_TOO_LARGE:
    case v1::TOO_MANY_CALLS:
      return absl::StatusCode::kResourceExhausted;
    case v1::QUERY_TOO_EXPENSIVE:
      return absl::StatusCode::kDeadlineExceeded;
    case v1::STARTING:
    case v1::STOPPING:
    case v1::STORE_UNAVAILABLE:
      return absl::StatusCode::kUnavailable;
    case v1::UNSUPPORTED:
      return absl::StatusCode::kUnimplemented;
    default:
      return absl::StatusCode::kUnknown;
  }
}

absl::Status MakeError(v1::ErrorReason reason, std::string_view text, const Metadata& facts) {
  absl::Status status(CodeOf(reason), base::ToAbsl(text));
  google::rpc::ErrorInfo info;
  info.set_reason(v1::ErrorReason_Name(reason));
  info.set_domain(std::string(kErrorDomain));
  info.mutable_metadata()->insert(facts.begin(), facts.end());
  AddDetail(status, info);
  return status;
}

void AddDetail(absl::Status& status, const google::protobuf::Message& detail) {
  const std::string bytes = detail.SerializeAsString();
  status.SetPayload(UrlOf(*detail.GetDescriptor()), absl::Cord(absl::string_view(bytes)));
}

bool GetDetail(const absl::Status& status, google::protobuf::Message& detail) {
  const auto bytes = status.GetPayload(UrlOf(*detail.GetDescriptor()));
  return bytes && detail.ParseFromString(std::string(*bytes));
}

v1::ErrorReason ReasonOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  if (!GetDetail(status, info) || info.domain() != kErrorDomain) return reason;
  v1::ErrorReason_Parse(info.reason(), &reason);
  return reason;
}

absl::Status BadRequest(const std::vector<FieldViolation>& violations, v1::ErrorReason reason,
                        Metadata facts) {
  const size_t more = violations.size() - 1;
  std::string text = WithPath(violations.front());
  if (more > 0) absl::StrAppend(&text, " (and ", more, " more)");
  if (!violations.front().field.empty()) facts.try_emplace("field", violations.front().field);
  absl::Status status = MakeError(reason, text, facts);
  google::rpc::BadRequest detail;
  for (const FieldViolation& violation : violations) {
    if (detail.field_violations_size() == static_cast<int>(kMaxViolations)) break;
    auto& added = *detail.add_field_violations();
    added.set_field(violation.field);
    added.set_reason(violation.reason);
    added.set_description(violation.description);
  }
  AddDetail(status, detail);
  return status;
}

absl::Status BadField(std::string_view field, std::string_view reason, std::string_view description,
                      v1::ErrorReason of, Metadata facts) {
  return BadRequest({{std::string(field), std::string(reason), std::string(description)}}, of,
                    std::move(facts));
}

absl::Status NotFound(std::string_view type, std::string_view name) {
  return AboutResource(v1::RESOURCE_NOT_FOUND, type, name,
                       absl::StrCat("there is no ", base::ToAbsl(name)), {});
}

absl::Status AlreadyExists(std::string_view type, std::string_view name) {
  return AboutResource(v1::RESOURCE_EXISTS, type, name,
                       absl::StrCat(base::ToAbsl(name), " exists already"), {});
}

absl::Status EtagMismatch(std::string_view type, std::string_view name, std::string_view etag) {
  return AboutResource(
      v1::ETAG_MISMATCH, type, name,
      absl::StrCat(base::ToAbsl(name),
                   " was changed since it was read: read it again, then repeat the change"),
      {{"etag", std::string(etag)}});
}

absl::Status FailedPrecondition(v1::ErrorReason reason, std::string_view text,
                                const std::vector<Obstacle>& obstacles, const Metadata& facts) {
  absl::Status status = MakeError(reason, text, facts);
  google::rpc::PreconditionFailure detail;
  for (const Obstacle& obstacle : obstacles) {
    auto& added = *detail.add_violations();
    added.set_type(obstacle.type);
    if (detail.violations_size() > static_cast<int>(kMaxReferrers)) {
      added.set_description(
          absl::StrCat("and ", obstacles.size() - kMaxReferrers, " more of these"));
      break;
    }
    added.set_subject(obstacle.subject);
    added.set_description(obstacle.description);
  }
  AddDetail(status, detail);
  return status;
}

absl::Status QuotaExceeded(v1::ErrorReason reason, std::string_view text,
                           std::string_view subject) {
  absl::Status status = MakeError(reason, text, {{"subject", std::string(subject)}});
  google::rpc::QuotaFailure detail;
  auto& violation = *detail.add_violations();
  violation.set_subject(std::string(subject));
  violation.set_description(std::string(text));
  AddDetail(status, detail);
  return status;
}

void AddRetry(absl::Status& status, std::chrono::nanoseconds delay) {
  using std::chrono::seconds;
  const auto whole = std::chrono::floor<seconds>(delay);
  google::rpc::RetryInfo detail;
  detail.mutable_retry_delay()->set_seconds(whole.count());
  detail.mutable_retry_delay()->set_nanos(static_cast<int32_t>((delay - whole).count()));
  AddDetail(status, detail);
}

google::rpc::Status ToRpc(const absl::Status& status) {
  google::rpc::Status rpc;
  if (status.ok()) return rpc;
  rpc.set_code(static_cast<int32_t>(status.code()));
  const bool tells = ReasonOf(status) != v1::ERROR_REASON_UNSPECIFIED;
  rpc.set_message(!tells && IsFaultOfOurs(status.code())
                      ? "a fault of the server; its log tells more"
                      : std::string(status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& bytes) {
    if (base::ToStd(url).substr(0, kTypeUrl.size()) != kTypeUrl) return;
    google::protobuf::Any& detail = *rpc.add_details();
    detail.set_type_url(std::string(url));
    detail.set_value(std::string(bytes));
  });
  std::sort(rpc.mutable_details()->begin(), rpc.mutable_details()->end(),
            [](const google::protobuf::Any& a, const google::protobuf::Any& b) {
              return std::pair(!IsErrorInfo(a), a.type_url()) <
                     std::pair(!IsErrorInfo(b), b.type_url());
            });
  return rpc;
}

absl::Status FromRpc(const google::rpc::Status& rpc) {
  constexpr int kMaxCode = 16;
  const bool known = rpc.code() >= 0 && rpc.code() <= kMaxCode;
  absl::Status status(
      known ? static_cast<absl::StatusCode>(rpc.code()) : absl::StatusCode::kUnknown,
      rpc.message());
  for (const google::protobuf::Any& detail : rpc.details()) {
    status.SetPayload(detail.type_url(), absl::Cord(absl::string_view(detail.value())));
  }
  return status;
}

}  // namespace carillon::aip
