#include "carillon/json/number.h"

#include <algorithm>
#include <charconv>

#include "carillon/json/scanner.h"

namespace carillon::json {
namespace {

struct Nothing {
  void Space(size_t, size_t) { spaced = true; }
  void Name(size_t, size_t, size_t, bool) {}
  void Begin(size_t, size_t) {}
  void End(size_t, size_t, bool) {}
  bool spaced = false;
};

bool IsNumber(std::string_view text) {
  if (text.empty() || (text.front() != '-' && (text.front() < '0' || text.front() > '9'))) {
    return false;
  }
  Nothing nothing;
  return !Scanner(text, nothing).Run() && !nothing.spaced;
}

void StripLeading(std::string_view& digits) {
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
}

/// How many zeros were taken from the end.
int64_t StripTrailing(std::string_view& digits) {
  const size_t kept = digits.find_last_not_of('0') + 1;  // npos + 1 is 0
  const size_t taken = digits.size() - kept;
  digits.remove_suffix(taken);
  return static_cast<int64_t>(taken);
}

/// The number behind `e`. False: beyond kMaxExponent.
bool ReadExponent(std::string_view text, int64_t& exponent) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  StripLeading(text);
  exponent = 0;
  if (text.empty()) return true;
  const char* end = text.data() + text.size();
  if (std::from_chars(text.data(), end, exponent).ec != std::errc() || exponent > kMaxExponent) {
    return false;
  }
  if (negative) exponent = -exponent;
  return true;
}

}  // namespace

NumberParts PartsOf(std::string_view text) {
  NumberParts parts;
  parts.negative = text.starts_with('-');
  if (parts.negative) text.remove_prefix(1);
  const size_t e = text.find_first_of("eE");
  parts.beyond = e != text.npos && !ReadExponent(text.substr(e + 1), parts.exponent);
  const std::string_view mantissa = text.substr(0, e);
  const size_t dot = mantissa.find('.');
  parts.head = mantissa.substr(0, dot);
  if (dot != mantissa.npos) parts.tail = mantissa.substr(dot + 1);
  parts.exponent -= static_cast<int64_t>(parts.tail.size());
  StripLeading(parts.head);
  if (parts.head.empty()) StripLeading(parts.tail);
  parts.exponent += StripTrailing(parts.tail);
  if (parts.tail.empty()) parts.exponent += StripTrailing(parts.head);
  if (parts.head.empty() && parts.tail.empty()) return {};  // zero, whatever its exponent
  return parts;
}

std::optional<Number> Number::Parse(std::string_view text) {
  if (!IsNumber(text)) return std::nullopt;
  const NumberParts parts = PartsOf(text);
  if (parts.beyond) return std::nullopt;
  Number number{parts.negative, std::string(parts.head), parts.exponent};
  number.digits += parts.tail;
  return number;
}

bool Same(const Number& number, const NumberParts& parts) {
  const std::string_view digits = number.digits;
  return !parts.beyond && digits.size() == parts.head.size() + parts.tail.size() &&
         number.negative == parts.negative && number.exponent == parts.exponent &&
         digits.starts_with(parts.head) && digits.ends_with(parts.tail);
}

}  // namespace carillon::json
