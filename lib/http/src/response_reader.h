#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace carillon::http {

/// Reads one HTTP/1.x response out of bytes: no I/O, no copies of the body but what is to be kept.
/// Skips up to eight interim (1xx) responses. Reused from response to response.
class ResponseReader {
 public:
  enum class State : uint8_t {
    kMore,    ///< give more bytes
    kDone,    ///< a whole response
    kEnough,  ///< the head and as much body as anyone wants to see: stop reading
    kBroken,  ///< the peer closed in the middle
    kBad,     ///< not HTTP, or over a bound
  };

  ResponseReader(size_t max_head_bytes, size_t max_body_bytes);
  ~ResponseReader();

  /// Ready for the next response.
  void Reset();
  /// Keeps the first `bytes` of the next response's body; called before it is fed. Without it
  /// nothing is kept.
  void KeepBody(size_t bytes);
  /// Reads on. `consumed` bytes of `bytes` are done with; the rest must come again with what
  /// follows.
  State Feed(std::string_view bytes, size_t& consumed);
  /// The peer closed and there is nothing more to feed.
  State End();

  uint16_t status() const;  ///< 0 before a whole head came
  bool keep_alive() const;  ///< after kDone: the connection can carry another request
  std::string& retry_after();
  std::string& body();               ///< what was kept of it
  const std::string& error() const;  ///< after kBad: what is wrong

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace carillon::http
