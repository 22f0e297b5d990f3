#pragma once

#include <google/protobuf/message.h>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "carillon/v1/error_reason.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

// Errors of the API (AIP-193). One is an absl::Status: its code and text, and as payloads, by type
// URL, the messages of google.rpc that say the same to programs. So it passes through every part
// that knows nothing of them. All functions are pure.
namespace carillon::aip {

/// `ErrorInfo.domain` of all reasons.
inline constexpr std::string_view kErrorDomain = "carillon";
/// Violations that one error lists; its text says how many there are.
inline constexpr size_t kMaxViolations = 50;
/// Obstacles that one lists; one more says how many are left out.
inline constexpr size_t kMaxReferrers = 100;

/// Facts that an error's text tells, for programs.
using Metadata = std::map<std::string, std::string>;

/// The code that errors of the reason have. UNKNOWN: no such reason.
absl::StatusCode CodeOf(v1::ErrorReason reason);

/// An error of that reason, with its ErrorInfo.
absl::Status MakeError(v1::ErrorReason reason, std::string_view text, const Metadata& facts = {});

/// Adds a message of google.rpc; one of the same type is replaced. OK stays OK.
void AddDetail(absl::Status& status, const google::protobuf::Message& detail);
/// Fills `detail` with the one of its type; false: there is none, or it cannot be read.
bool GetDetail(const absl::Status& status, google::protobuf::Message& detail);
/// ERROR_REASON_UNSPECIFIED: it is not an error of the API's.
v1::ErrorReason ReasonOf(const absl::Status& status);

/// What is wrong with one member of a request.
struct FieldViolation {
  /// From the request on, in the names of the protos: `destination.retry.delays.items[3]`.
  std::string field;
  std::string reason;       ///< upper case: `REQUIRED`, `OUT_OF_RANGE`
  std::string description;  ///< what is wrong and what to do, without the path
};
/// INVALID_ARGUMENT with BadRequest. The text is that of the first, and says how many more there
/// are. `violations` has at least one; `reason` is one of INVALID_ARGUMENT, or FIELD_FORBIDDEN.
absl::Status BadRequest(const std::vector<FieldViolation>& violations,
                        v1::ErrorReason reason = v1::FIELD_INVALID, Metadata facts = {});
/// The same for one.
absl::Status BadField(std::string_view field, std::string_view reason, std::string_view description,
                      v1::ErrorReason of = v1::FIELD_INVALID, Metadata facts = {});

/// NOT_FOUND, ALREADY_EXISTS and ABORTED about one resource, with ResourceInfo. `type`:
/// `carillon/Destination`.
absl::Status NotFound(std::string_view type, std::string_view name);
absl::Status AlreadyExists(std::string_view type, std::string_view name);
/// `etag`: the one that would have been right.
absl::Status EtagMismatch(std::string_view type, std::string_view name, std::string_view etag);

/// What has to change before a call can succeed.
struct Obstacle {
  std::string type;         ///< the kind of obstacle, mostly the reason's name
  std::string subject;      ///< name of a resource, or a path
  std::string description;  ///< what to do
};
/// FAILED_PRECONDITION with PreconditionFailure. `reason` is one of that code.
absl::Status FailedPrecondition(v1::ErrorReason reason, std::string_view text,
                                const std::vector<Obstacle>& obstacles, const Metadata& facts = {});

/// RESOURCE_EXHAUSTED with QuotaFailure. `subject` says whose bound it is (`tenants/acme`).
absl::Status QuotaExceeded(v1::ErrorReason reason, std::string_view text, std::string_view subject);
/// Adds RetryInfo: the same call may succeed after `delay`.
void AddRetry(absl::Status& status, std::chrono::nanoseconds delay);

/// As it goes to clients: details in a fixed order, ErrorInfo first. An INTERNAL, UNKNOWN or
/// DATA_LOSS error that has no reason loses its text: it would tell of the inside.
google::rpc::Status ToRpc(const absl::Status& status);
/// The way back. A code that does not exist is UNKNOWN.
absl::Status FromRpc(const google::rpc::Status& status);

}  // namespace carillon::aip
