#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

// Numbers are little-endian, texts have their length before them.
namespace carillon::deliverylog {

static_assert(std::endian::native == std::endian::little, "numbers are stored as they are");

inline constexpr size_t kMaxTextBytes = 1 << 20;

template <typename T>
void PutNumber(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

inline void PutText(std::string& out, std::string_view text) {
  const auto bytes = static_cast<uint32_t>(std::min(text.size(), kMaxTextBytes));
  PutNumber(out, bytes);
  out.append(text.substr(0, bytes));
}

/// Bytes of a text with its length.
inline size_t TextBytes(std::string_view text) {
  return sizeof(uint32_t) + std::min(text.size(), kMaxTextBytes);
}

/// Puts values whose bytes are known together behind `out`, which grows once.
class Putter {
 public:
  /// Exactly `bytes` are put, before anything else is done with `out`.
  Putter(std::string& out, size_t bytes) {
    out.resize(out.size() + bytes);
    at_ = out.data() + out.size() - bytes;
  }

  template <typename T>
  void Number(T value) {
    std::memcpy(at_, &value, sizeof(T));
    at_ += sizeof(T);
  }
  void Text(std::string_view text) {
    const auto bytes = static_cast<uint32_t>(std::min(text.size(), kMaxTextBytes));
    Number(bytes);
    at_ += text.copy(at_, bytes);
  }

 private:
  char* at_;
};

/// Takes values from the front of bytes; once they do not suffice, everything is zero and `ok`
/// false.
class Taker {
 public:
  explicit Taker(std::string_view bytes) : rest_(bytes) {}

  template <typename T>
  T Number() {
    T value{};
    if (rest_.size() < sizeof(T)) return ok_ = false, value;
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  std::string_view Text() {
    const auto bytes = Number<uint32_t>();
    if (rest_.size() < bytes) return ok_ = false, std::string_view();
    const std::string_view text = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return text;
  }
  uint32_t Varint() {
    uint32_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const auto byte = Number<uint8_t>();
      value |= static_cast<uint32_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    ok_ = false;
    return value;
  }
  bool ok() const { return ok_; }
  bool AtEnd() const { return ok_ && rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace carillon::deliverylog
