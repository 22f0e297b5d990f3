#include "carillon/codec/json_writer.h"

#include <array>
#include <charconv>

namespace carillon::codec {
namespace {

/// What stands after the backslash for a byte that must be escaped; `u`: a \u00xx; 0: none.
constexpr std::array<char, 256> MakeEscapes() {
  std::array<char, 256> escapes{};
  for (size_t c = 0; c < 0x20; ++c) escapes[c] = 'u';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}
constexpr std::array<char, 256> kEscapes = MakeEscapes();

void AppendEscaped(std::string& out, uint8_t byte, char escape) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '\\';
  out += escape;
  if (escape == 'u') {
    out += "00";
    out += kHex[byte >> 4];
    out += kHex[byte & 0xF];
  }
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view s) {
  out += '"';
  size_t copied = 0;
  for (size_t i = 0; i < s.size(); ++i) {
    const auto byte = static_cast<uint8_t>(s[i]);
    const char escape = kEscapes[byte];
    if (escape == 0) [[likely]]
      continue;
    out.append(s, copied, i - copied);
    AppendEscaped(out, byte, escape);
    copied = i + 1;
  }
  out.append(s, copied);
  out += '"';
}

void JsonWriter::Key(std::string_view key) {
  if (!first_) out_ += ',';
  first_ = false;
  AppendJsonString(out_, key);
  out_ += ':';
}

void JsonWriter::String(std::string_view key, std::string_view value) {
  Key(key);
  AppendJsonString(out_, value);
}

void JsonWriter::Int(std::string_view key, int64_t value) {
  Key(key);
  char digits[20];
  char* end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  out_.append(digits, end);
}

void JsonWriter::Bool(std::string_view key, bool value) {
  Key(key);
  out_ += value ? "true" : "false";
}

void JsonWriter::Raw(std::string_view key, std::string_view json) {
  Key(key);
  out_ += json;
}

}  // namespace carillon::codec
