#include "number_order.h"

#include <algorithm>
#include <string_view>

namespace carillon::schema {
namespace {

size_t DigitsOf(const json::NumberParts& parts) { return parts.head.size() + parts.tail.size(); }

char DigitAt(const json::NumberParts& parts, size_t at) {
  if (at < parts.head.size()) return parts.head[at];
  at -= parts.head.size();
  return at < parts.tail.size() ? parts.tail[at] : '0';
}

/// -1, 0 or 1, whatever the signs; both have digits.
int OrderOfSizes(const json::NumberParts& value, const json::Number& bound) {
  const int64_t places = value.exponent + static_cast<int64_t>(DigitsOf(value));
  const int64_t bound_places = bound.exponent + static_cast<int64_t>(bound.digits.size());
  if (places != bound_places) return places < bound_places ? -1 : 1;
  for (size_t i = 0; i < std::max(DigitsOf(value), bound.digits.size()); ++i) {
    const char a = DigitAt(value, i);
    const char b = i < bound.digits.size() ? bound.digits[i] : '0';
    if (a != b) return a < b ? -1 : 1;
  }
  return 0;
}

uint64_t Times(uint64_t a, uint64_t b, uint64_t modulus) {
  return static_cast<uint64_t>(static_cast<unsigned __int128>(a) * b % modulus);
}

/// 10 to the power of `exponent`, modulo `modulus`.
uint64_t PowerOfTen(uint64_t exponent, uint64_t modulus) {
  uint64_t result = 1 % modulus;
  uint64_t base = 10 % modulus;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = Times(result, base, modulus);
    base = Times(base, base, modulus);
  }
  return result;
}

}  // namespace

int Order(const json::NumberParts& value, const json::Number& bound) {
  const int sign = DigitsOf(value) == 0 ? 0 : value.negative ? -1 : 1;
  const int bound_sign = bound.digits.empty() ? 0 : bound.negative ? -1 : 1;
  if (sign != bound_sign) return sign < bound_sign ? -1 : 1;
  return sign == 0 ? 0 : sign * OrderOfSizes(value, bound);
}

bool IsWhole(const json::NumberParts& value) { return DigitsOf(value) == 0 || value.exponent >= 0; }

bool IsMultiple(const json::NumberParts& value, const json::Number& divisor) {
  if (DigitsOf(value) == 0) return true;
  uint64_t modulus = 0;
  for (const char digit : divisor.digits)
    modulus = modulus * 10 + static_cast<uint64_t>(digit - '0');
  // A multiple ends where the divisor does, or before: the last digit of a value is not 0.
  const int64_t places = value.exponent - divisor.exponent;
  if (places < 0) return false;
  uint64_t rest = 0;
  for (size_t i = 0; i < DigitsOf(value); ++i) {
    rest = (Times(rest, 10, modulus) + static_cast<uint64_t>(DigitAt(value, i) - '0')) % modulus;
  }
  return Times(rest, PowerOfTen(static_cast<uint64_t>(places), modulus), modulus) == 0;
}

}  // namespace carillon::schema
