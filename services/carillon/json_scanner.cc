#include "json_scanner.h"

#include <charconv>
#include <cstdint>

namespace carillon::cli {
namespace {

void AppendUtf8(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

/// The four hex digits at `at`.
bool Hex4(std::string_view raw, size_t at, uint32_t& out) {
  if (at + 4 > raw.size()) return false;
  const char* end = raw.data() + at + 4;
  return std::from_chars(raw.data() + at, end, out, 16).ptr == end;
}

/// The character of the `\u` escape whose digits begin at `at`, surrogate pairs joined; `at` moves
/// past it.
bool UnicodeEscape(std::string_view raw, size_t& at, std::string& out) {
  uint32_t c = 0;
  if (!Hex4(raw, at, c)) return false;
  at += 4;
  if (c >= 0xD800 && c <= 0xDFFF) {
    uint32_t low = 0;
    if (c > 0xDBFF || raw.substr(at, 2) != "\\u" || !Hex4(raw, at + 2, low) || low < 0xDC00 ||
        low > 0xDFFF) {
      return false;
    }
    at += 6;
    c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
  }
  AppendUtf8(out, c);
  return true;
}

char SimpleEscape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
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
      return 0;
  }
}

}  // namespace

void JsonScanner::SkipSpace() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
    ++at_;
  }
}

bool JsonScanner::Consume(char c) {
  SkipSpace();
  if (at_ >= text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

bool JsonScanner::AtEnd() {
  SkipSpace();
  return at_ == text_.size();
}

bool JsonScanner::SkipString() {
  for (++at_; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      return true;
    }
    if (c == '\\') ++at_;
    if (static_cast<unsigned char>(c) < 0x20) return false;
  }
  at_ = text_.size();
  return false;
}

bool JsonScanner::String(std::string& scratch, std::string_view& out) {
  SkipSpace();
  if (at_ >= text_.size() || text_[at_] != '"') return false;
  const size_t begin = at_ + 1;
  if (!SkipString()) return false;
  out = text_.substr(begin, at_ - 1 - begin);
  if (out.find('\\') == std::string_view::npos) return true;
  scratch.clear();
  if (!Unescape(out, scratch)) return false;
  out = scratch;
  return true;
}

bool JsonScanner::Unescape(std::string_view raw, std::string& out) {
  for (size_t i = 0; i < raw.size();) {
    if (raw[i] != '\\') {
      out += raw[i++];
      continue;
    }
    if (raw[i + 1] == 'u') {
      i += 2;
      if (!UnicodeEscape(raw, i, out)) return false;
      continue;
    }
    const char c = SimpleEscape(raw[i + 1]);
    if (c == 0) return false;
    out += c;
    i += 2;
  }
  return true;
}

bool JsonScanner::Value(std::string_view& raw) {
  SkipSpace();
  const size_t begin = at_;
  size_t depth = 0;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '"') {
      if (!SkipString()) return false;
    } else if (c == '{' || c == '[') {
      ++depth;
      ++at_;
      continue;
    } else if (c == '}' || c == ']') {
      if (depth == 0) break;
      --depth;
      ++at_;
    } else if (depth == 0 && (c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n')) {
      break;
    } else {
      ++at_;
      if (depth == 0) continue;  // a number or a word goes on
    }
    if (depth == 0) break;
  }
  raw = text_.substr(begin, at_ - begin);
  return depth == 0 && !raw.empty();
}

}  // namespace carillon::cli
