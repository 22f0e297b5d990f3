#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "carillon/access/principal.h"
#include "carillon/base/clock.h"
#include "carillon/control/call_trail.h"

namespace carillon::control {

/// Who calls, after it was checked that they may. A value.
struct Caller {
  std::string principal;  ///< `tokens/ops`: what request ids and the audit log know it by
  /// Tenants whose resources it sees, sorted; `-`: all.
  std::vector<std::string> tenants = {"-"};
  /// It is shown where the file defines something.
  bool is_operator = false;
  /// The same as its credential says it.
  std::shared_ptr<const access::Principal> credential;
  /// Whether its credential still holds, for calls that take long to ask now and then; null: it
  /// does. Any thread, also after the call.
  std::function<absl::Status()> check;
  /// What the audit log writes down of the call; null: nothing.
  std::shared_ptr<CallTrail> trail;
  /// When it stops waiting for the answer.
  base::WallTime answer_by = base::WallTime::max();
};

}  // namespace carillon::control
