#pragma once

#include <string>
#include <vector>

namespace carillon::control {

/// Who calls, after it was checked that they may. A value.
struct Caller {
  std::string principal;  ///< `tokens/ops`: what request ids and the audit log know it by
  /// Tenants whose resources it sees, sorted; `-`: all.
  std::vector<std::string> tenants = {"-"};
  /// It is shown where the file defines something.
  bool is_operator = false;
};

}  // namespace carillon::control
