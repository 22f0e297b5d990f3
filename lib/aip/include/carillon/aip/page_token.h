#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/base/secret.h"

namespace carillon::aip {

/// What a list was asked for: a token goes on with the same only.
struct ListArguments {
  std::string_view method;  ///< `carillon.v1.DestinationService/ListDestinations`
  std::string_view parent;
  std::string_view filter;
  std::string_view order_by;
  /// Tenants that the caller sees, sorted; `-`: all. Who has others now cannot go on.
  std::vector<std::string> tenants;
};

/// Tokens that say where the next page begins (AIP-158): opaque, since sealed, and bound to the
/// arguments. Immutable.
class PageTokens {
 public:
  static constexpr std::chrono::hours kLifetime{24};
  static constexpr size_t kMaxBytes = 8192;

  struct Key {
    uint8_t id = 0;
    base::Secret key;
  };
  /// Seals with the first; all open.
  explicit PageTokens(std::vector<Key> keys) : keys_(std::move(keys)) {}

  /// `cursor` is where to go on, its list's alone to read.
  std::string Make(std::string_view cursor, const ListArguments& arguments,
                   base::WallTime now) const;

  /// The cursor. PAGE_TOKEN_INVALID about `page_token`: it is not from here, was changed, is too
  /// old, or was made for other arguments.
  absl::StatusOr<std::string> Read(std::string_view token, const ListArguments& arguments,
                                   base::WallTime now) const;

 private:
  std::vector<Key> keys_;
};

/// The size of a page: `given`, at most `max`; `fallback` where it is 0. FIELD_INVALID about
/// `page_size`: it is negative.
absl::StatusOr<size_t> PageSize(int32_t given, size_t fallback = 50, size_t max = 1000);

}  // namespace carillon::aip
