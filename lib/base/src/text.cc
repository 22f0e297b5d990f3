#include "carillon/base/text.h"

#include <cstdint>
#include <cstring>

#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace carillon::base {
namespace {

/// Length of the UTF-8 sequence at the front of `s`, 0 when it is not one (RFC 3629, section 4).
size_t SequenceLength(std::string_view s) {
  const auto byte = [&](size_t i) {
    return i < s.size() ? static_cast<uint8_t>(s[i]) : uint8_t{0};
  };
  const auto tail = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const uint8_t b0 = byte(0);
  if (b0 < 0x80) return 1;
  if (b0 >= 0xC2 && b0 <= 0xDF) return tail(1) ? 2 : 0;
  if (b0 >= 0xE0 && b0 <= 0xEF) {
    if (!tail(1) || !tail(2)) return 0;
    if (b0 == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
    if (b0 == 0xED && byte(1) > 0x9F) return 0;  // surrogate
    return 3;
  }
  if (b0 >= 0xF0 && b0 <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if (b0 == 0xF0 && byte(1) < 0x90) return 0;
    if (b0 == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

/// U+0080 to U+009F, which some terminals obey. The tail byte is escaped too: alone it is no UTF-8.
bool IsC1Control(std::string_view s) {
  return s.size() >= 2 && s[0] == '\xC2' && static_cast<uint8_t>(s[1]) <= 0x9F;
}

/// `value` (not negative) with leading zeros. An eighth of snprintf's cost; every request in the
/// standard format carries a time.
void AppendDigits(std::string& out, int64_t value, int digits) {
  out.append(static_cast<size_t>(digits), '0');
  for (size_t at = out.size(); value > 0; value /= 10)
    out[--at] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::optional<size_t> FindInvalidUtf8(std::string_view s) {
  size_t i = 0;
  while (i < s.size()) {
    uint64_t word = 0;
    if (i + 8 <= s.size()) {  // eight ASCII bytes at once
      std::memcpy(&word, s.data() + i, 8);
      if ((word & 0x8080808080808080ull) == 0) {
        i += 8;
        continue;
      }
    }
    const size_t length = SequenceLength(s.substr(i));
    if (length == 0) return i;
    i += length;
  }
  return std::nullopt;
}

std::string FormatRfc3339(WallTime t) {
  constexpr int64_t kNanos = 1'000'000'000;
  const int64_t nanos = ToUnixNanos(t);
  const int64_t fraction = nanos % kNanos;
  return fraction < 0 ? FormatRfc3339(nanos / kNanos - 1, static_cast<int32_t>(fraction + kNanos))
                      : FormatRfc3339(nanos / kNanos, static_cast<int32_t>(fraction));
}

std::string FormatRfc3339(int64_t unix_seconds, int32_t nanos) {
  const absl::CivilSecond c = absl::CivilSecond() + unix_seconds;
  std::string out;
  out.reserve(30);
  AppendDigits(out, c.year(), 4);
  AppendDigits(out += '-', c.month(), 2);
  AppendDigits(out += '-', c.day(), 2);
  AppendDigits(out += 'T', c.hour(), 2);
  AppendDigits(out += ':', c.minute(), 2);
  AppendDigits(out += ':', c.second(), 2);
  if (nanos != 0) {
    int digits = 9;
    for (; nanos % 1000 == 0; digits -= 3) nanos /= 1000;
    AppendDigits(out += '.', nanos, digits);
  }
  return out += 'Z';
}

std::string Printable(std::string_view s, size_t max_bytes) {
  std::string out;
  size_t i = 0;
  while (i < s.size()) {
    if (out.size() >= max_bytes) {
      out += "...";
      break;
    }
    const size_t length = SequenceLength(s.substr(i));
    const auto byte = static_cast<uint8_t>(s[i]);
    if (length == 0 || byte < 0x20 || byte == 0x7F || IsC1Control(s.substr(i))) {
      out += absl::StrFormat("\\x%02x", byte);
      ++i;
    } else {
      out.append(s.substr(i, length));
      i += length;
    }
  }
  return out;
}

std::string FormatDuration(std::chrono::nanoseconds d) {
  return absl::FormatDuration(absl::Nanoseconds(d.count()));
}

}  // namespace carillon::base
