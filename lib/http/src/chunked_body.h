#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "line_cutter.h"

namespace carillon::http {

/// Reads a body in the chunked coding (RFC 9112, 7.1), extensions and trailers passed over. Bounds
/// nothing: that is done by whoever feeds it, and what it keeps is bounded by LineCutter.
class ChunkedBody {
 public:
  enum class State : uint8_t {
    kMore,  ///< give more bytes
    kDone,  ///< up to and with the empty line behind the trailers
    kBad,   ///< where it ends can't be told
  };

  void Reset() { *this = {}; }
  /// Reads on, takes what it has read from the front of `bytes`, and calls `keep` with what is
  /// content of it.
  template <typename Keep>
  State Feed(std::string_view& bytes, Keep keep) {
    while (!bytes.empty()) {
      if (part_ == Part::kData) {
        const std::string_view data = bytes.substr(0, left_);
        keep(data);
        left_ -= data.size();
        bytes.remove_prefix(data.size());
        if (left_ == 0) part_ = Part::kDataEnd;
        continue;
      }
      if (!lines_.Take(bytes)) return WillBeBad() ? State::kBad : State::kMore;
      const State state = TakeLine();
      if (state != State::kMore) return state;
    }
    return State::kMore;
  }

  /// After kDone: something in it others may understand in another way.
  bool odd() const { return odd_; }

 private:
  enum class Part : uint8_t { kSize, kData, kDataEnd, kTrailers };

  State TakeLine();
  bool TakeSize(std::string_view line);
  /// Whether the line that is not whole yet can't become a right one.
  bool WillBeBad() const;

  LineCutter lines_;
  Part part_ = Part::kSize;
  uint64_t left_ = 0;  // of the chunk's data
  bool odd_ = false;
};

}  // namespace carillon::http
