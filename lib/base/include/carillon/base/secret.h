#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace carillon::base {

/// Bytes that must not reach a log, an error or a page: printed, it is `***`.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  /// The bytes themselves, for the one who signs with them.
  std::string_view Reveal() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  friend bool operator==(const Secret&, const Secret&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }

 private:
  std::string bytes_;
};

}  // namespace carillon::base
