#pragma once

#include <atomic>
#include <string>

#include "carillon/v1/options.pb.h"

namespace carillon::control {

/// What the audit log writes down of a call. One for each call, shared by all who carry it out;
/// what is set at its begin stays.
struct CallTrail {
  std::string principal;  ///< `token:tokens/ops`; empty: nobody knows
  v1::Role role = v1::ROLE_UNSPECIFIED;
  std::string remote_address;
  std::string user_agent;
  std::string method;  ///< `carillon.v1.DestinationService/CreateDestination`
  std::string request_id;
  std::string reason;
  std::string trace_id;
  std::string resource;  ///< that the request names; empty: none
  /// The contract says that its effect is written down, and it may have one.
  bool changes = false;
  /// Its entry has been written, or it had no effect.
  std::atomic<bool> settled{false};
};

}  // namespace carillon::control
