#include "carillon/client/table.h"

#include <algorithm>
#include <utility>

#include "carillon/base/text.h"

namespace carillon::client {
namespace {

constexpr size_t kMaxCellBytes = 512;
constexpr size_t kGap = 3;

/// Characters, each taken for one column of the terminal.
size_t WidthOf(const std::string& text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

const char* CodeOf(Tone tone) {
  switch (tone) {
    case Tone::kHeading:
      return "1";
    case Tone::kGood:
      return "32";
    case Tone::kWarning:
      return "33";
    case Tone::kBad:
      return "31";
    case Tone::kPlain:
      break;
  }
  return "";
}

}  // namespace

std::string Toned(const std::string& text, Tone tone, bool color) {
  if (!color || tone == Tone::kPlain || text.empty()) return text;
  return std::string("\x1b[") + CodeOf(tone) + "m" + text + "\x1b[0m";
}

void Table::Add(std::vector<Cell> row) {
  for (Cell& cell : row) cell.text = base::Printable(cell.text, kMaxCellBytes);
  rows_.push_back(std::move(row));
}

std::string Table::Format(bool color) const {
  std::vector<Cell> heading;
  for (const std::string& title : titles_) heading.push_back({title, Tone::kHeading});
  std::vector<size_t> widths(titles_.size(), 0);
  const auto measure = [&widths](const std::vector<Cell>& row) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], WidthOf(row[i].text));
  };
  measure(heading);
  for (const auto& row : rows_) measure(row);
  std::string text;
  const auto write = [&](const std::vector<Cell>& row) {
    size_t owed = 0;
    for (size_t i = 0; i < row.size(); ++i) {
      if (!row[i].text.empty()) {
        text.append(owed, ' ').append(Toned(row[i].text, row[i].tone, color));
        owed = 0;
      }
      owed += widths[i] - WidthOf(row[i].text) + kGap;
    }
    text += '\n';
  };
  write(heading);
  for (const auto& row : rows_) write(row);
  return text;
}

}  // namespace carillon::client
