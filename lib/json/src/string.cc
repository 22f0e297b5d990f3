#include "carillon/json/string.h"

#include <cstdint>

#include "carillon/json/scanner.h"

namespace carillon::json {
namespace {

void AppendUtf8(uint32_t c, std::string& out) {
  const auto rest = [&](int shift) { out += static_cast<char>(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    rest(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    rest(6);
    rest(0);
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    rest(12);
    rest(6);
    rest(0);
  }
}

/// The code unit whose four digits stand at `at`; what is cut off counts as zeros.
uint32_t CodeUnit(std::string_view text, size_t at) {
  uint32_t unit = 0;
  for (size_t i = at; i < at + 4; ++i) {
    const int digit = i < text.size() ? HexValue(text[i]) : 0;
    unit = unit << 4 | static_cast<uint32_t>(digit < 0 ? 0 : digit);
  }
  return unit;
}

char Simple(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

}  // namespace

void AppendDecoded(std::string_view text, std::string& out) {
  while (true) {
    const size_t escape = text.find('\\');
    out.append(text.substr(0, escape));
    if (escape == text.npos || escape + 1 >= text.size()) return;
    const char kind = text[escape + 1];
    text.remove_prefix(escape + 2);
    if (kind != 'u') {
      out += Simple(kind);
      continue;
    }
    uint32_t c = CodeUnit(text, 0);
    size_t taken = 4;
    if (c >= 0xD800 && c <= 0xDBFF) {  // of a pair: the Scanner saw to that
      c = 0x10000 + ((c - 0xD800) << 10) + (CodeUnit(text, 6) - 0xDC00);
      taken = 10;
    }
    AppendUtf8(c, out);
    text.remove_prefix(taken < text.size() ? taken : text.size());
  }
}

}  // namespace carillon::json
