#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "chunked_body.h"
#include "response_head.h"

namespace carillon::http {

/// Reads one HTTP/1.x response out of bytes: no I/O, no copies of the body but what is to be kept.
/// Skips interim (1xx) responses. Reused from response to response. One thread.
///
/// Once the status line of the final response is whole and its head has come to its end, or is
/// over its bound, there is a `status`, and nothing that follows takes it back: what is odd about
/// the rest ends the reading (kEnough) and spoils the connection. Bounds: `max_head_bytes` for the
/// final head, as many for all interim ones together; `max_body_bytes` for the body, with all that
/// the chunked coding adds to it.
class ResponseReader {
 public:
  enum class State : uint8_t {
    kMore,    ///< give more bytes
    kDone,    ///< a whole response
    kEnough,  ///< `status` stands; the rest is over a bound or can't be read: stop reading
    kBad,     ///< no status will come: not HTTP, or over a bound before the status line
  };

  /// Bytes that a connection keeps for heads at most, while it is idle.
  static constexpr size_t kMaxReused = 1024;

  ResponseReader(size_t max_head_bytes, size_t max_body_bytes);

  /// Ready for the next response.
  void Reset();
  /// Keep the first `bytes` of the next response's final head, status line included, and of its
  /// body; called before it is fed. Without them nothing is kept.
  void KeepHead(size_t bytes) { keep_head_bytes_ = bytes; }
  void KeepBody(size_t bytes) { keep_bytes_ = bytes; }
  /// Reads on, until kDone at most: `consumed` bytes of `bytes` were read. After any state but
  /// kMore `Reset` comes first.
  State Feed(std::string_view bytes, size_t& consumed);

  /// Of the final response, 200 to 999; 0 while it does not stand.
  uint16_t status() const { return stands_ ? head_.status() : uint16_t{0}; }
  bool keep_alive() const;  ///< after kDone: the connection can carry another request
  std::string& retry_after() { return head_.retry_after(); }
  std::string& kept_head() { return kept_head_; }  ///< what was kept of what came of it
  std::string& body() { return body_; }            ///< the same
  /// Takes back what was taken of a head that was kept: the next is kept where it was.
  void Reuse(std::string&& head) {
    if (!kept_head_.empty() || head.capacity() > kMaxReused) return;
    kept_head_ = std::move(head);
    kept_head_.clear();
  }
  /// The head, or interim responses together, reached `max_head_bytes`: that ended the reading.
  bool head_too_long() const { return head_too_long_; }
  const std::string& error() const { return error_; }  ///< after kBad, kEnough: what is wrong

 private:
  State FeedHead(std::string_view& bytes);
  State EndHead();
  State FeedBody(std::string_view& bytes);
  State FeedChunks(std::string_view& bytes);
  void Keep(std::string_view data);
  State HeadTooLong(std::string what);
  State Bad(std::string what);
  State Enough(std::string what);

  const size_t max_head_bytes_;
  const size_t max_body_bytes_;
  ResponseHead head_;
  ChunkedBody chunks_;
  ResponseHead::Body framing_ = ResponseHead::Body::kNone;
  bool stands_ = false;
  bool head_too_long_ = false;
  bool odd_ = false;          // an interim response was
  size_t interim_bytes_ = 0;  // of interim heads that are whole
  size_t body_bytes_ = 0;     // read of the body, chunk sizes and trailers with it
  uint64_t left_ = 0;         // of a body of known length
  size_t keep_head_bytes_ = 0;
  std::string kept_head_;
  size_t keep_bytes_ = 0;
  std::string body_;
  std::string error_;
};

}  // namespace carillon::http
