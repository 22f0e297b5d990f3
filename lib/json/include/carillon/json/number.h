#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::json {

/// A decimal number, exactly: `digits` (as a whole number) times ten to the power of `exponent`.
/// `digits` neither begin nor end with 0, so equal numbers have equal members; zero has none, and
/// is not negative. A value.
struct Number {
  bool negative = false;
  std::string digits;
  int64_t exponent = 0;

  /// A number as JSON writes it. Nothing when `text` is none, or when its exponent is beyond
  /// kMaxExponent either way.
  static std::optional<Number> Parse(std::string_view text);

  friend bool operator==(const Number&, const Number&) = default;
};

inline constexpr int64_t kMaxExponent = 1'000'000'000'000'000;

/// The same as views into the text of a number: no allocation. The digits are those of `head`
/// followed by those of `tail`.
struct NumberParts {
  bool negative = false;
  bool beyond = false;  ///< the exponent is beyond kMaxExponent: equal to no Number
  std::string_view head;
  std::string_view tail;
  int64_t exponent = 0;
};

/// `text` is a number of JSON, which the Scanner took.
NumberParts PartsOf(std::string_view text);

/// Whether they are the same number. Takes time by the digits of `number` only.
bool Same(const Number& number, const NumberParts& parts);

}  // namespace carillon::json
