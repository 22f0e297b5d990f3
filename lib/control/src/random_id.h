#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "carillon/base/random.h"

namespace carillon::control {

/// How much longer than its beginning a random id is.
inline constexpr size_t kRandomIdBytes = 9;

/// An id that nobody chose: the beginning, `-`, and 32 random bits in hex. Of 30,000 with the same
/// beginning one in 100 installations would have two alike; the second is refused, as is any name
/// that there is already.
inline std::string RandomId(const std::string& beginning) {
  uint8_t random[4];
  base::FillRandom(random);
  const absl::string_view bytes(reinterpret_cast<const char*>(random), sizeof random);
  return absl::StrCat(beginning, "-", absl::BytesToHexString(bytes));
}

}  // namespace carillon::control
