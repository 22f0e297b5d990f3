#include <optional>
#include <utility>

#include "absl/strings/cord.h"
#include "carillon/base/text.h"
#include "carillon/http/resolver.h"

namespace carillon::http {
namespace {

constexpr char kCodeOfFailure[] = "carillon/lookup-code";

}  // namespace

std::string LookupCode(const absl::Status& failure) {
  const auto code = failure.GetPayload(kCodeOfFailure);
  if (code) return std::string(*code);
  return absl::IsNotFound(failure) ? "NXDOMAIN" : "ERROR";
}

absl::Status WithLookupCode(absl::Status failure, std::string_view code) {
  failure.SetPayload(kCodeOfFailure, absl::Cord(base::ToAbsl(code)));
  return failure;
}

}  // namespace carillon::http
