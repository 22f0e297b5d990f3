#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "event_json.h"

namespace carillon::cli {

/// One event as flags describe it.
struct EventFlags {
  std::string id;
  std::string type;
  std::string tenant;
  std::string ordering_key;
  std::string occur_time;
  std::vector<std::string> attributes;  ///< k=v
  std::string session;                  ///< uuid=..,action=..,location=..,stations=..,customerid=..
  std::string json;
  std::string json_file;

  bool any() const {
    return !(id.empty() && type.empty() && tenant.empty() && ordering_key.empty() &&
             occur_time.empty() && attributes.empty() && session.empty() && json.empty() &&
             json_file.empty());
  }
};

void AddEventFlags(CLI::App& app, EventFlags& flags);

/// INVALID_ARGUMENT names the flag and what it needs.
absl::StatusOr<EncodedEvent> MakeEvent(const EventFlags& flags);

}  // namespace carillon::cli
