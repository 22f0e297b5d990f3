#include "advice.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace carillon::journal {
namespace {

std::string OnDamage(const std::string& folder) {
  return absl::StrCat("; `carillon store verify --data-dir ", folder,
                      "` says what is whole; then restore the folder from a backup, or keep what "
                      "can be read: `carillon store salvage --data-dir ",
                      folder, " --to NEW-FOLDER` copies it and says what it drops");
}

}  // namespace

absl::Status AdviseOpening(const absl::Status& status, const std::string& folder) {
  if (absl::StrContains(status.message(), "the data folder")) return status;
  const std::string what =
      absl::StrCat("the journal in ", folder, " cannot be opened: ", status.message());
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
      return absl::DataLossError(absl::StrCat(what, OnDamage(folder)));
    case absl::StatusCode::kPermissionDenied:
      return absl::FailedPreconditionError(
          absl::StrCat(what, "; check that this user may read and write its files"));
    case absl::StatusCode::kResourceExhausted:
      return absl::ResourceExhaustedError(absl::StrCat(what, "; free space on its disk"));
    default:
      return absl::Status(status.code(), what);
  }
}

absl::Status AdviseRunning(const absl::Status& status, const std::string& folder) {
  if (!absl::IsDataLoss(status)) return status;
  return absl::DataLossError(absl::StrCat("the files of the journal in ", folder,
                                          " are damaged: ", status.message(), OnDamage(folder)));
}

}  // namespace carillon::journal
