#include "carillon/store/refusal.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"

namespace carillon::store {
namespace {

constexpr char kPayload[] = "carillon.store.refusal";

}  // namespace

absl::Status Refuse(Refusal why, absl::StatusCode code, const std::string& message) {
  absl::Status status(code, message);
  const char digit = static_cast<char>('0' + static_cast<int>(why));
  status.SetPayload(kPayload, absl::Cord(absl::string_view(&digit, 1)));
  return status;
}

std::optional<Refusal> RefusalOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  if (!payload || payload->size() != 1) return std::nullopt;
  return static_cast<Refusal>((*payload)[0] - '0');
}

}  // namespace carillon::store
