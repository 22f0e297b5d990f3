#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/client/resources.h"
#include "carillon/v1/config_service.pb.h"

// Applying documents: the request that makes the server hold what they say, and what it answers in
// words of the documents.
namespace carillon::client {

struct ApplyOptions {
  std::string apply_set;  ///< that the resources are labeled as; empty: of none
  bool prune = false;     ///< what has the label and is not in the documents goes
  bool dry_run = false;
  std::string request_id;  ///< empty: the call may not be repeated
};

/// Its parent is the tenant of the documents, or all (`tenants/-`) where they are of several or of
/// none. INVALID_ARGUMENT begins with the name of the document.
absl::StatusOr<v1::ApplyConfigRequest> MakeApplyRequest(std::vector<Answer> documents,
                                                        const ApplyOptions& options);

/// The names of the request's resources, in the order of kinds.
std::vector<std::string> NamesIn(const v1::ApplyConfigRequest& request);

/// An error of the call: resources by their names, in place of where they stand in the request.
absl::Status InNamesOf(const v1::ApplyConfigRequest& request, const absl::Status& status);

/// The lines of what differs, each with `- ` or `+ ` in front.
std::string FormatDifferences(const v1::ApplyConfigResponse::Change& change, bool color);

}  // namespace carillon::client
