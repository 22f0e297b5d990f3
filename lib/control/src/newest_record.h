#pragma once

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/deliverylog/attempt_store.h"

namespace carillon::control {

/// Whether nothing newer is known of the record's delivery, neither an attempt nor a mark. `done`,
/// once, on the log's thread or the caller's; UNAVAILABLE: the log cannot be read now. The log
/// outlives it.
void AskIfNewest(deliverylog::AttemptStore& log, const deliverylog::Record& record,
                 absl::AnyInvocable<void(absl::StatusOr<bool>)> done);

}  // namespace carillon::control
