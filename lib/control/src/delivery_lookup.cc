#include "delivery_lookup.h"

#include <charconv>
#include <chrono>

#include "carillon/aip/error.h"

namespace carillon::control {

absl::Status DeliveryLogIsOff() {
  return aip::FailedPrecondition(
      v1::STATE_CONFLICT, "the delivery log is off, or could not be opened at the start",
      {{"DELIVERY_LOG_OFF", "delivery_log.enabled", "set it to true and restart the server"}});
}

absl::Status DeliveryLogError(const absl::Status& status) {
  if (absl::IsResourceExhausted(status)) {
    absl::Status busy = aip::QuotaExceeded(v1::RATE_LIMITED, "too many calls read the delivery log",
                                           "delivery_log");
    aip::AddRetry(busy, std::chrono::seconds(1));
    return busy;
  }
  if (absl::IsCancelled(status)) return aip::MakeError(v1::STOPPING, "the service is stopping");
  absl::Status failed =
      aip::MakeError(v1::STORE_UNAVAILABLE, "the delivery log cannot be read: try again");
  aip::AddRetry(failed, std::chrono::seconds(1));
  return failed;
}

std::optional<uint64_t> ToNumber(const std::string& text) {
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || at != end || number == 0) return std::nullopt;
  return number;
}

}  // namespace carillon::control
