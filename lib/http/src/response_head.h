#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "line_cutter.h"

namespace carillon::http {

/// Reads the head of one HTTP/1.x response, line by line, and keeps what matters of it: the status,
/// where the body ends, whether the connection may carry another request, Retry-After.
///
/// It takes what receivers really send. The status line must be one of HTTP/1.x with a status of
/// three digits from 100 on; a line behind it that makes no sense is passed over. But where a head
/// leaves any doubt, about where the response ends above all, the connection is not `reusable`:
/// no response is ever taken for that of another request.
class ResponseHead {
 public:
  static constexpr size_t kMaxRetryAfterBytes = 64;

  enum class State : uint8_t {
    kMore,     ///< give more bytes
    kWhole,    ///< up to and with the empty line
    kTooLong,  ///< over the bound; `status` tells whether its status line was whole
    kNotHttp,  ///< `status` is 0
  };
  enum class Body : uint8_t {
    kNone,
    kLength,  ///< `length` bytes
    kChunked,
    kUntilClose,
    kUnknown,  ///< its head says nothing that can be believed
  };

  /// Ready for the next head, of at most `max_bytes`.
  void Reset(size_t max_bytes);
  /// Reads on and takes what it has read from the front of `bytes`. Only before kWhole.
  State Feed(std::string_view& bytes);

  uint16_t status() const { return status_; }  ///< 0 before the status line is whole
  bool interim() const { return status_ < 200; }
  size_t bytes() const { return bytes_; }  ///< read of it so far

  // Of a whole head:
  Body body() const;
  uint64_t length() const { return length_.value_or(0); }
  bool reusable() const;
  bool odd() const { return odd_; }  ///< something in it others may understand in another way
  std::string& retry_after() { return retry_after_; }

 private:
  enum class Field : uint8_t {
    kOther,
    kConnection,
    kContentLength,
    kTransferEncoding,
    kRetryAfter
  };

  State TakeLine();
  State TakeStatusLine(std::string_view line);
  void TakeFieldLine(std::string_view line);
  void EndField();
  void TakeConnection(std::string_view value);
  void TakeContentLength(std::string_view value);
  void TakeTransferEncoding(std::string_view value);
  bool HasNoBody() const { return status_ == 204 || status_ == 304; }

  LineCutter lines_;
  size_t max_bytes_ = 0;
  size_t bytes_ = 0;
  uint16_t status_ = 0;
  bool http_1_0_ = false;
  bool odd_ = false;
  bool says_close_ = false;
  bool says_keep_alive_ = false;
  bool bad_length_ = false;
  bool encoded_ = false;     // has a Transfer-Encoding
  bool chunked_ = false;     // which ends with chunked
  bool unreadable_ = false;  // and is one that is not understood
  std::optional<uint64_t> length_;
  std::string retry_after_;
  Field field_ = Field::kOther;  // of the line before, which the next may go on
  std::string value_;            // its value; of kOther nothing
  bool value_cut_ = false;
};

}  // namespace carillon::http
