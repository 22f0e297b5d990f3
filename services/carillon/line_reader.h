#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace carillon::cli {

/// Lines of a file or of standard input, some at a time. One thread.
class LineReader {
 public:
  /// A line of text; the bytes live in the chunk it came with.
  struct Line {
    uint64_t number = 0;  ///< from 1
    size_t begin = 0;
    size_t length = 0;
    bool too_long = false;  ///< over 24 MiB: dropped
  };
  struct Chunk {
    std::string bytes;
    std::vector<Line> lines;
    std::string_view Text(const Line& line) const {
      return std::string_view(bytes).substr(line.begin, line.length);
    }
  };

  /// `-` is standard input.
  static absl::StatusOr<std::unique_ptr<LineReader>> Open(const std::string& path);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  /// Fills `out` with up to `most` lines that are not blank; fewer when `max_bytes` are together,
  /// or when nothing more came for 20 ms. Returns false when there are no more.
  bool Next(size_t most, size_t max_bytes, Chunk& out);

 private:
  explicit LineReader(int fd) : fd_(fd) {}
  bool TakeLine(Chunk& out);
  bool Fill();
  bool MoreComesSoon() const;

  int fd_;
  uint64_t number_ = 0;
  std::string buffer_;
  size_t at_ = 0;       ///< of the next line in `buffer_`
  size_t scanned_ = 0;  ///< no line end in `buffer_` before this
  bool dropping_ = false;
  bool ended_ = false;
};

}  // namespace carillon::cli
