#include "read_errors.h"

#include <string>
#include <vector>

#include "carillon/aip/error.h"

namespace carillon::control {
namespace {

/// How references refuse.
constexpr std::string_view kFileOnly = "may stand in the configuration file only";

/// The text behind the path, which stands in a member of its own.
std::string Described(const resource::Errors::Violation& violation) {
  const std::string head = violation.path + ": ";
  return violation.text.starts_with(head) ? violation.text.substr(head.size()) : violation.text;
}

}  // namespace

absl::Status ToStatus(const resource::Errors& errors) {
  std::vector<aip::FieldViolation> violations;
  bool file_only = true;
  for (const resource::Errors::Violation& violation : errors.violations()) {
    const bool refused = violation.text.find(kFileOnly) != std::string::npos;
    file_only = file_only && refused;
    violations.push_back({violation.path, refused ? "FILE_ONLY" : "INVALID", Described(violation)});
  }
  return aip::BadRequest(violations, file_only ? v1::FILE_ONLY : v1::FIELD_INVALID);
}

}  // namespace carillon::control
