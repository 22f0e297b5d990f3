#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::sink {

/// What the reader takes at most.
struct RequestBounds {
  size_t head_bytes = 64 * 1024;
  size_t body_bytes = 16u << 20;
  size_t headers = 256;
};

/// One request; views into the buffer it was read from.
struct HttpRequest {
  std::string_view method;
  std::string_view target;
  std::string_view head;  ///< request line and headers, without the empty line
  std::vector<std::pair<std::string_view, std::string_view>> headers;  ///< in order
  std::string_view body;
  bool keep_alive = true;
  size_t bytes = 0;  ///< head and body: what is to be taken off the buffer

  /// Value of the first header of this (lower-case) name, "" when there is none.
  std::string_view Header(std::string_view name) const;
};

struct ReadResult {
  enum class State { kNeedMore, kComplete, kBad };
  State state = State::kNeedMore;
  int status = 400;              ///< of kBad: what to answer
  std::string_view reason = {};  ///< of kBad, static
  size_t want_bytes = 0;         ///< of kNeedMore: the buffer's size that would do, or 0
};

/// Reads the request at the front of `buffer`. Bodies need a Content-Length; a chunked one is
/// refused with 411.
ReadResult ReadRequest(std::string_view buffer, const RequestBounds& bounds, HttpRequest& out);

}  // namespace carillon::sink
