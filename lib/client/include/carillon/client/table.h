#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace carillon::client {

/// How a text stands out on a terminal.
enum class Tone { kPlain, kHeading, kGood, kWarning, kBad };

/// `text` in that tone, if `color`.
std::string Toned(const std::string& text, Tone tone, bool color);

struct Cell {
  std::string text;
  Tone tone = Tone::kPlain;
};

/// Rows of cells in columns that are as wide as their widest cell. A value.
class Table {
 public:
  explicit Table(std::vector<std::string> titles) : titles_(std::move(titles)) {}
  /// As many cells as there are titles. Control characters in them are escaped.
  void Add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }
  /// With a line for the titles; no blanks at the ends of lines.
  std::string Format(bool color) const;

 private:
  std::vector<std::string> titles_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace carillon::client
