#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::control {

/// The cursor of a list of a log: where this page begins, and where those before it did, so that
/// one can go back to what was there, whatever was written meanwhile. A value.
class PageTrail {
 public:
  static constexpr size_t kMaxBack = 100;  ///< pages; of more, the first are forgotten

  PageTrail() = default;
  /// The first page. `bound`: what is the same for all pages, the list's alone to read.
  explicit PageTrail(uint64_t start, uint64_t bound = 0) : bound_(bound), starts_{start} {}
  /// What `Encode` wrote; nullopt: it is none.
  static std::optional<PageTrail> Parse(std::string_view cursor);
  std::string Encode() const;

  uint64_t start() const { return starts_.back(); }
  uint64_t bound() const { return bound_; }
  /// That of the page that begins there, behind this one.
  PageTrail Next(uint64_t start) const;
  /// That of the page before; nullopt: this is the first, or it was forgotten.
  std::optional<PageTrail> Previous() const;

 private:
  uint64_t bound_ = 0;
  std::vector<uint64_t> starts_{0};  ///< the last is this page's; never empty
};

}  // namespace carillon::control
