#pragma once

#include <cstdint>

#include "carillon/json/number.h"

// Exact arithmetic of decimal numbers, for schemas. All functions are pure.
namespace carillon::schema {

/// -1, 0 or 1: as `value` is less than `bound`, equal, or greater. `value` is not beyond.
int Order(const json::NumberParts& value, const json::Number& bound);

/// Whether it has no fraction.
bool IsWhole(const json::NumberParts& value);

/// A divisor has at most so many digits.
inline constexpr size_t kMaxDivisorDigits = 18;

/// Whether `value` is a whole multiple of `divisor`, which is positive and has at most
/// kMaxDivisorDigits digits.
bool IsMultiple(const json::NumberParts& value, const json::Number& divisor);

}  // namespace carillon::schema
