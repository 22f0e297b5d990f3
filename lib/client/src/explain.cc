#include "carillon/client/explain.h"

#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "google/rpc/error_details.pb.h"

namespace carillon::client {
namespace {

constexpr size_t kMaxTextBytes = 2048;

std::string Line(std::string_view text) { return base::Printable(text, kMaxTextBytes); }

/// What helps by the code alone.
std::string NextByCode(absl::StatusCode code, const std::string& server) {
  switch (code) {
    case absl::StatusCode::kUnavailable:
      return absl::StrCat("is carillond running at ", server,
                          "? Name another server with --server, CARILLON_SERVER or a context");
    case absl::StatusCode::kDeadlineExceeded:
      return "give it longer with --deadline";
    case absl::StatusCode::kUnimplemented:
      return absl::StrCat(
          "what listens at ", server,
          " does not serve this method: the address must be server.publish_address "
          "of a carillond that has access.tokens, and is not older than this program");
    case absl::StatusCode::kUnauthenticated:
      return "give a token with --token-file, CARILLON_TOKEN or a context";
    case absl::StatusCode::kResourceExhausted:
      return "try again later";
    default:
      return "";
  }
}

/// What helps by the reason; empty: what helps by the code.
std::string NextByReason(v1::ErrorReason reason) {
  switch (reason) {
    case v1::CREDENTIALS_INVALID:
      return "the server does not know this token: take one that its access.tokens lists";
    case v1::CREDENTIALS_EXPIRED:
      return "take another token: this one is over";
    case v1::ROLE_FORBIDDEN:
      return "take a token with a role that may";
    case v1::FIELD_FORBIDDEN:
      return "leave it out, or have the operator allow it in the tenant's limits";
    case v1::TENANT_FORBIDDEN:
      return "name a tenant of yours with --tenant, CARILLON_TENANT or a context";
    case v1::RESOURCE_NOT_FOUND:
      return "`carillon get` lists what there is; --tenant looks into another tenant";
    case v1::RESOURCE_EXISTS:
      return "choose another name, or change it with update or apply";
    case v1::NAME_IN_FILE:
    case v1::READ_ONLY_FILE:
      return "change the server's configuration file, which is taken without a restart";
    case v1::ETAG_MISMATCH:
      return "somebody changed it meanwhile: get it again, and repeat";
    case v1::RESOURCE_IN_USE:
      return "change what names it, or give --force";
    case v1::MASTER_KEY_MISSING:
      return "give the server a secrets.master_key, under which it stores secrets";
    case v1::TENANT_NAME_RETIRED:
      return "choose another name, or, if it is the same tenant again, have an operator create it "
             "with --reuse-name";
    case v1::TENANT_DISABLED:
      return "have an operator enable the tenant: carillon tenants enable";
    case v1::FILTER_INVALID:
      return "a filter looks like: labels.team = \"billing\" AND url:\"example.com\"";
    default:
      return "";
  }
}

void AddDetails(const absl::Status& status, std::vector<std::string>& lines) {
  google::rpc::BadRequest bad;
  // One alone is in the text already.
  if (aip::GetDetail(status, bad) && bad.field_violations_size() > 1) {
    for (const auto& violation : bad.field_violations()) {
      lines.push_back(Line(violation.field() + ": " + violation.description()));
    }
  }
  google::rpc::PreconditionFailure failure;
  if (aip::GetDetail(status, failure)) {
    for (const auto& obstacle : failure.violations()) {
      lines.push_back(Line(obstacle.subject() + ": " + obstacle.description()));
    }
  }
  google::rpc::QuotaFailure quota;
  if (aip::GetDetail(status, quota)) {
    for (const auto& violation : quota.violations()) {
      lines.push_back(Line(violation.subject() + ": " + violation.description()));
    }
  }
}

std::string NextOf(const absl::Status& status, const std::string& server) {
  google::rpc::RetryInfo retry;
  std::string wait;
  if (aip::GetDetail(status, retry)) {
    wait =
        absl::StrCat("try again in ",
                     base::FormatDuration(std::chrono::seconds(retry.retry_delay().seconds()) +
                                          std::chrono::nanoseconds(retry.retry_delay().nanos())));
  }
  std::string next = NextByReason(aip::ReasonOf(status));
  if (!next.empty()) return wait.empty() ? next : absl::StrCat(next, "; ", wait);
  return wait.empty() ? NextByCode(status.code(), server) : wait;
}

}  // namespace

Ending EndingOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kEndDone;
    case absl::StatusCode::kInvalidArgument:
      return kEndWrongInput;
    case absl::StatusCode::kNotFound:
      return kEndNotFound;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return kEndForbidden;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return kEndConflict;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return kEndUnavailable;
    default:
      return kEndRefused;
  }
}

std::string Explain(const absl::Status& status, const std::string& server) {
  const v1::ErrorReason reason = aip::ReasonOf(status);
  std::string text = absl::StrCat(absl::StatusCodeToString(status.code()), ": ",
                                  Line(base::ToStd(status.message())));
  if (reason != v1::ERROR_REASON_UNSPECIFIED) {
    absl::StrAppend(&text, " (", v1::ErrorReason_Name(reason), ")");
  }
  std::vector<std::string> lines;
  AddDetails(status, lines);
  if (const std::string next = NextOf(status, server); !next.empty()) {
    lines.push_back("next: " + next);
  }
  for (const std::string& line : lines) absl::StrAppend(&text, "\n  ", line);
  return text;
}

}  // namespace carillon::client
