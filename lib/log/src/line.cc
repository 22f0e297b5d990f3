#include "line.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "carillon/base/text.h"

namespace carillon::log {
namespace {

constexpr size_t kMaxTextBytes = 2048;  // of a message or value, escaped
constexpr size_t kMaxKeyBytes = 64;
constexpr size_t kMaxNumberBytes = 32;
constexpr std::string_view kTruncated = R"(,"truncated":true)";
constexpr std::string_view kEllipsis = "...";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

size_t Utf8Length(char lead) {
  const auto b = static_cast<uint8_t>(lead);
  return b < 0x80 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
}

void AppendEscaped(std::string& out, char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  const auto b = static_cast<uint8_t>(c);
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (c == '\n') {
    out += "\\n";
  } else if (b < 0x20 || b == 0x7F) {
    out += "\\u00";
    out += kHex[b >> 4];
    out += kHex[b & 15];
  } else {
    out += c;
  }
}

/// Appends `text` in quotes, at most `limit` bytes between them.
void AppendString(std::string& out, std::string_view text, size_t limit) {
  out += '"';
  const size_t end = out.size() + limit;
  size_t cut = out.size();  // where the ellipsis still fits
  size_t valid_end = base::FindInvalidUtf8(text.substr(0, limit + 4)).value_or(text.size());
  for (size_t i = 0; i < text.size();) {
    if (i < valid_end) {
      const size_t length = Utf8Length(text[i]);
      if (length == 1) {
        AppendEscaped(out, text[i]);
      } else {
        out.append(text.substr(i, length));
      }
      i += length;
    } else {
      out += kReplacement;
      ++i;
      const std::string_view rest = text.substr(i, limit + 4);
      valid_end = i + base::FindInvalidUtf8(rest).value_or(rest.size());
    }
    if (out.size() + kEllipsis.size() <= end) cut = out.size();
    if (out.size() > end) {
      out.resize(cut);
      out += kEllipsis;
      break;
    }
  }
  out += '"';
}

void AppendNumber(std::string& out, double value) {
  if (!std::isfinite(value)) {  // JSON has no word for these
    out += "null";
    return;
  }
  char text[kMaxNumberBytes];
  const auto end = std::to_chars(text, text + sizeof(text), value);
  out.append(text, end.ptr);
}

void AppendValue(std::string& out, const Field::Value& value, size_t limit) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    AppendString(out, *text, limit);
  } else if (const auto* number = std::get_if<double>(&value)) {
    AppendNumber(out, *number);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    out += *flag ? "true" : "false";
  } else if (const auto* whole = std::get_if<int64_t>(&value)) {
    absl::StrAppend(&out, *whole);
  } else {
    absl::StrAppend(&out, std::get<uint64_t>(value));
  }
}

}  // namespace

std::string_view LevelName(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "error";
}

std::string FormatLine(base::WallTime time, Level level, std::string_view message, Fields fields,
                       uint64_t suppressed) {
  constexpr size_t kEnd = Logger::kMaxLineBytes - 1 - kTruncated.size() - 1;
  constexpr size_t kRoomForField = 6 + kMaxKeyBytes + kMaxNumberBytes;  // `,"key":"..."`
  std::string out;
  out.reserve(256);
  out += R"({"time":")";
  out += absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::FromUnixNanos(base::ToUnixNanos(time)),
                          absl::UTCTimeZone());
  out += R"(","level":")";
  out += LevelName(level);
  out += R"(","message":)";
  AppendString(out, message, kMaxTextBytes);
  if (suppressed != 0) absl::StrAppend(&out, R"(,"suppressed":)", suppressed);
  for (const Field& field : fields) {
    if (field.key.empty()) continue;
    if (out.size() + kRoomForField > kEnd) {
      out += kTruncated;
      break;
    }
    out += ',';
    AppendString(out, field.key, kMaxKeyBytes);
    out += ':';
    const size_t room = kEnd - out.size() - 2;
    AppendValue(out, field.value, std::min(kMaxTextBytes, room));
  }
  out += '}';
  return out;
}

}  // namespace carillon::log
