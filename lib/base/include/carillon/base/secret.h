#pragma once

#include <ostream>
#include <string>
#include <string_view>

namespace carillon::base {

/// Overwrites the bytes, as the compiler may not leave out, and empties the string; what lies in
/// its buffer behind its end is overwritten too.
void Wipe(std::string& bytes);

/// Bytes that must not reach a log, an error or a page: printed, it is `***`. They are overwritten
/// when the secret is destroyed, replaced or moved from, so that memory that was given back (and a
/// core dump of it) holds no keys. What its maker copied the bytes from is the maker's to `Wipe`.
class Secret {
 public:
  Secret() = default;
  /// Takes the bytes over; those of the argument are wiped.
  explicit Secret(std::string&& bytes) { Take(bytes); }
  explicit Secret(const std::string& bytes) : bytes_(bytes) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept { Take(other.bytes_); }
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      Wipe(bytes_);  // before: a longer one would get another buffer
      bytes_ = other.bytes_;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      Wipe(bytes_);
      Take(other.bytes_);
    }
    return *this;
  }
  ~Secret() { Wipe(bytes_); }

  /// The bytes themselves, for the one who signs with them.
  std::string_view Reveal() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  friend bool operator==(const Secret&, const Secret&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }

 private:
  /// Swapping takes the buffer of a long one, and copies a short one: then it is wiped there.
  void Take(std::string& from) noexcept {
    bytes_.swap(from);
    Wipe(from);
  }

  std::string bytes_;
};

}  // namespace carillon::base
