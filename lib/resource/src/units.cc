#include "carillon/resource/units.h"

#include <array>
#include <charconv>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"

namespace carillon::resource {
namespace {

struct Unit {
  std::string_view name;
  int64_t size;
};

// The greatest first. Durations in milliseconds.
constexpr std::array<Unit, 5> kTimes = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 5> kSizes = {
    {{"TiB", int64_t{1} << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}};
constexpr int64_t kMaxMillis = int64_t{36'500} * 86'400'000;
// So that no product below overflows.
constexpr size_t kMaxDigits = 15;
constexpr size_t kMaxFractionDigits = 9;

absl::Status NotADuration() {
  return absl::InvalidArgumentError("must be a duration such as 500ms, 2s, 5m, 24h, 7d or 1h30m");
}

std::string_view TakeWhile(std::string_view& rest, bool (*take)(char)) {
  size_t n = 0;
  while (n < rest.size() && take(rest[n])) ++n;
  const std::string_view front = rest.substr(0, n);
  rest.remove_prefix(n);
  return front;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return c >= 'a' && c <= 'z'; }

/// `1.5` of a unit, in milliseconds.
absl::StatusOr<int64_t> Part(std::string_view whole, std::string_view fraction, int64_t unit) {
  if (whole.size() > kMaxDigits || fraction.size() > kMaxFractionDigits) return NotADuration();
  int64_t value = 0;
  std::from_chars(whole.data(), whole.data() + whole.size(), value);
  if (value > kMaxMillis / unit) return absl::InvalidArgumentError("must be at most 100 years");
  int64_t numerator = 0;
  int64_t denominator = 1;
  for (const char digit : fraction) {
    numerator = numerator * 10 + (digit - '0');
    denominator *= 10;
  }
  if (numerator * unit % denominator != 0) {
    return absl::InvalidArgumentError("must be a whole number of milliseconds");
  }
  return value * unit + numerator * unit / denominator;
}

}  // namespace

absl::StatusOr<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  if (text.empty()) return NotADuration();
  int64_t total = 0;
  size_t next_unit = 0;
  while (!text.empty()) {
    const std::string_view whole = TakeWhile(text, IsDigit);
    std::string_view fraction;
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      fraction = TakeWhile(text, IsDigit);
      if (fraction.empty()) return NotADuration();
    }
    const std::string_view name = TakeWhile(text, IsLetter);
    size_t unit = next_unit;
    while (unit < kTimes.size() && kTimes[unit].name != name) ++unit;
    if (whole.empty() || unit == kTimes.size()) return NotADuration();
    next_unit = unit + 1;
    const absl::StatusOr<int64_t> part = Part(whole, fraction, kTimes[unit].size);
    if (!part.ok()) return part.status();
    total += *part;
  }
  if (total > kMaxMillis) return absl::InvalidArgumentError("must be at most 100 years");
  return std::chrono::milliseconds(total);
}

absl::StatusOr<uint64_t> ParseSize(std::string_view text) {
  const absl::Status wrong =
      absl::InvalidArgumentError("must be a size in bytes such as 1048576, 256KiB, 64MiB or 10GiB");
  std::string_view rest = text;
  const std::string_view digits = TakeWhile(rest, IsDigit);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc()) return wrong;
  if (rest.empty()) return value;
  for (const Unit& unit : kSizes) {
    const auto size = static_cast<uint64_t>(unit.size);
    if (rest != unit.name) continue;
    if (value > std::numeric_limits<uint64_t>::max() / size) return wrong;
    return value * size;
  }
  return wrong;
}

std::string FormatMillis(std::chrono::milliseconds d) {
  std::string text;
  int64_t rest = d.count();
  for (const Unit& unit : kTimes) {
    if (rest / unit.size == 0) continue;
    absl::StrAppend(&text, rest / unit.size, base::ToAbsl(unit.name));
    rest %= unit.size;
  }
  return text.empty() ? "0s" : text;
}

std::string FormatSize(uint64_t bytes) {
  for (const Unit& unit : kSizes) {
    const auto size = static_cast<uint64_t>(unit.size);
    if (bytes == 0 || bytes % size != 0) continue;
    return size == 1 ? absl::StrCat(bytes, " bytes")
                     : absl::StrCat(bytes / size, " ", base::ToAbsl(unit.name));
  }
  return absl::StrCat(bytes, " bytes");
}

}  // namespace carillon::resource
