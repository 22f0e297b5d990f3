#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace carillon::json {

/// How deep arrays and objects of a payload may be nested.
inline constexpr size_t kMaxDepth = 64;

struct Error {
  size_t byte;  ///< offset of the first byte that is wrong
  const char* what;
};

/// The value of a hexadecimal digit, or -1.
constexpr int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The grammar of RFC 8259, in one pass without recursion: one value, surrogate escapes paired,
/// nested at most `max_depth` deep (up to kMaxDepth + 1). The only reader of JSON grammar for
/// payloads: what checks them and what looks into them are handlers of it, so they can't disagree
/// about what is JSON. Bytes of strings above 0x7F are taken as they are; whoever needs UTF-8
/// checks that first.
///
/// `Handler` is told where things are, as offsets into the text; `depth` is the number of arrays
/// and objects around:
///   void Space(size_t begin, size_t end);
///   void Name(size_t depth, size_t begin, size_t end, bool escaped);  // between the quotes
///   void Begin(size_t depth, size_t at);                              // of a value
///   void End(size_t depth, size_t at, bool escaped);                  // one behind its last byte
/// What it was told before an error means nothing.
template <typename Handler>
class Scanner {
 public:
  Scanner(std::string_view json, Handler& handler, size_t max_depth = kMaxDepth)
      : json_(json), handler_(handler), max_depth_(max_depth) {}

  std::optional<Error> Run() {
    bool more = true;
    while (more) {
      if (!Value() || !AfterValue(more)) return error_;
    }
    return std::nullopt;
  }

 private:
  // The methods stand at `at_` and leave it behind what they took; they return false once `error_`
  // is set.
  char Peek() const { return at_ < json_.size() ? json_[at_] : '\0'; }
  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }
  bool Fail(const char* what) { return FailAt(at_, what); }
  bool FailAt(size_t byte, const char* what) {
    error_ = Error{byte, what};
    return false;
  }
  bool InObject() const { return objects_[depth_ - 1]; }

  void Skip() {
    const size_t begin = at_;
    while (at_ < json_.size() &&
           (json_[at_] == ' ' || json_[at_] == '\t' || json_[at_] == '\n' || json_[at_] == '\r')) {
      ++at_;
    }
    if (at_ != begin) handler_.Space(begin, at_);
  }

  /// A scalar, an empty container, or the containers down to the first member's scalar.
  bool Value() {
    while (true) {
      Skip();
      const char c = Peek();
      handler_.Begin(depth_, at_);
      if (c != '{' && c != '[') return Scalar(c);
      if (depth_ == max_depth_) {
        return Fail(max_depth_ == kMaxDepth ? "nested more than 64 deep" : "nested too deep");
      }
      objects_[depth_++] = c == '{';
      ++at_;
      Skip();
      if (Peek() == (c == '{' ? '}' : ']')) return true;  // AfterValue closes it
      if (c == '{' && !Name()) return false;
    }
  }

  bool Scalar(char c) {
    escaped_ = false;
    const bool good = c == '"'                 ? String()
                      : c == '-' || IsDigit(c) ? Number()
                      : c == 't'               ? Literal("true")
                      : c == 'f'               ? Literal("false")
                      : c == 'n'               ? Literal("null")
                                               : Fail("a JSON value is expected");
    if (good) handler_.End(depth_, at_, escaped_);
    return good;
  }

  /// Closes what ends here. `more`: another value must follow.
  bool AfterValue(bool& more) {
    while (true) {
      Skip();
      if (depth_ == 0) {
        more = false;
        return at_ == json_.size() || Fail("nothing may follow the value");
      }
      const char c = Peek();
      if (c == ',') {
        ++at_;
        return !InObject() || Name();
      }
      if (c != (InObject() ? '}' : ']')) {
        return Fail(InObject() ? "',' or '}' is expected" : "',' or ']' is expected");
      }
      ++at_;
      --depth_;
      handler_.End(depth_, at_, false);
    }
  }

  bool Name() {
    Skip();
    if (Peek() != '"') return Fail("a member name in quotes is expected");
    const size_t begin = at_ + 1;
    escaped_ = false;
    if (!String()) return false;
    handler_.Name(depth_, begin, at_ - 1, escaped_);
    Skip();
    if (Peek() != ':') return Fail("':' is expected");
    ++at_;
    return true;
  }

  bool String() {
    ++at_;
    while (at_ < json_.size()) {
      const auto byte = static_cast<uint8_t>(json_[at_]);
      if (byte < 0x20) return Fail("a control character in a string must be escaped");
      if (byte == '\\') {
        escaped_ = true;
        if (!Escape()) return false;
        continue;
      }
      ++at_;
      if (byte == '"') return true;
    }
    return Fail("the string does not end");
  }

  bool Escape() {
    static constexpr std::string_view kSimple = "\"\\/bfnrt";
    static constexpr char kLone[] = "a surrogate that is not one of a pair";
    const size_t begin = at_++;
    if (Peek() != 'u') {
      if (at_ == json_.size() || kSimple.find(json_[at_]) == std::string_view::npos) {
        return FailAt(begin, "not an escape");
      }
      ++at_;
      return true;
    }
    const int unit = CodeUnit();
    if (unit < 0) return FailAt(begin, "\\u must be followed by four hexadecimal digits");
    if (unit < 0xD800 || unit > 0xDFFF) return true;
    if (unit >= 0xDC00 || json_.substr(at_, 2) != "\\u") return FailAt(begin, kLone);
    ++at_;
    const int low = CodeUnit();
    return (low >= 0xDC00 && low <= 0xDFFF) || FailAt(begin, kLone);
  }

  /// The four digits after the `u` that stands here; -1 when they are not.
  int CodeUnit() {
    int unit = 0;
    for (size_t i = 1; i <= 4; ++i) {
      const int digit = at_ + i < json_.size() ? HexValue(json_[at_ + i]) : -1;
      if (digit < 0) return -1;
      unit = unit * 16 + digit;
    }
    at_ += 5;
    return unit;
  }

  bool Digits() {
    if (!IsDigit(Peek())) return Fail("a digit is expected");
    while (IsDigit(Peek())) ++at_;
    return true;
  }

  bool Number() {
    if (Peek() == '-') ++at_;
    if (Peek() == '0') {
      ++at_;
      if (IsDigit(Peek())) return Fail("a number must not begin with 0");
    } else if (!Digits()) {
      return false;
    }
    if (Peek() == '.') {
      ++at_;
      if (!Digits()) return false;
    }
    if (Peek() != 'e' && Peek() != 'E') return true;
    ++at_;
    if (Peek() == '+' || Peek() == '-') ++at_;
    return Digits();
  }

  bool Literal(std::string_view word) {
    if (json_.substr(at_, word.size()) != word) return Fail("a JSON value is expected");
    at_ += word.size();
    return true;
  }

  std::string_view json_;
  Handler& handler_;
  const size_t max_depth_;
  size_t at_ = 0;
  std::array<bool, kMaxDepth + 1> objects_{};
  size_t depth_ = 0;
  bool escaped_ = false;  ///< of the string that was read last
  std::optional<Error> error_;
};

}  // namespace carillon::json
