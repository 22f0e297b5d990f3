#pragma once

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/operations/operations.h"

namespace carillon::control {

/// FIELD_INVALID about `field`: it is no rate that an operation can have.
inline absl::Status CheckRate(const char* field, double rate) {
  using operations::Operations;
  if (rate >= Operations::kMinRate && rate <= Operations::kMaxRate) return absl::OkStatus();
  return aip::BadField(
      field, "OUT_OF_RANGE",
      absl::StrCat("must be ", Operations::kMinRate, " to ", Operations::kMaxRate, " a second"));
}

}  // namespace carillon::control
