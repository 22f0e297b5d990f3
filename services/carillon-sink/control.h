#pragma once

#include <string>
#include <string_view>

namespace carillon::sink {

class Sink;

struct ControlReply {
  int status = 200;
  std::string body;  ///< JSON
};

/// Answers the sink's own paths: `/_stats`, `/_reset`, `/_set`.
ControlReply HandleControl(std::string_view method, std::string_view target, Sink& sink);

}  // namespace carillon::sink
