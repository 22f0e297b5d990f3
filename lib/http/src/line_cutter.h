#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace carillon::http {

/// Cuts bytes that come in pieces into lines. A line ends with CRLF, or with LF alone. Of a line
/// that comes in several pieces no more than kKeptBytes are kept: what is longer is passed over,
/// whoever sends it. Holds nothing between lines. One thread.
class LineCutter {
 public:
  static constexpr size_t kKeptBytes = 1024;

  /// Takes from the front of `bytes` up to the end of the line, or all of them. True: the line is
  /// whole. The next call begins the next line.
  bool Take(std::string_view& bytes);

  /// The line without its end, or what was kept of it, also while it is not whole; until the next
  /// `Take`, and no longer than what was given to the last one.
  std::string_view line() const { return line_; }
  /// More of it came than was kept.
  bool cut() const { return cut_; }
  /// It ended with LF alone, or holds a NUL or a CR: others may see another line there.
  bool odd() const { return odd_; }

 private:
  void Begin();
  void Look(std::string_view piece);
  void Keep(std::string_view piece);

  std::string kept_;
  std::string_view line_;
  char last_ = 0;
  bool whole_ = true;
  bool cut_ = false;
  bool odd_ = false;
};

}  // namespace carillon::http
