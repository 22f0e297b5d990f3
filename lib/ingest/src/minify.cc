#include "minify.h"

#include <array>
#include <cstdint>

#include "carillon/base/text.h"

namespace carillon::ingest {
namespace {

constexpr char kLone[] = "a surrogate that is not one of a pair";
constexpr std::string_view kSimpleEscapes = "\"\\/bfnrt";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// One pass over the text. The methods stand at `at_` and leave it behind what they took; they
/// return false once `error_` is set.
class Minifier {
 public:
  Minifier(std::string_view json, std::string& out) : json_(json), out_(out) {}

  std::optional<JsonError> Run() {
    bool more = true;
    while (more) {
      if (!Value() || !AfterValue(more)) return error_;
    }
    out_.append(json_, copied_);
    return std::nullopt;
  }

 private:
  char Peek() const { return at_ < json_.size() ? json_[at_] : '\0'; }
  bool Fail(const char* what) { return FailAt(at_, what); }
  bool FailAt(size_t byte, const char* what) {
    error_ = JsonError{byte, what};
    return false;
  }
  bool InObject() const { return objects_[depth_ - 1]; }

  void Skip() {
    size_t end = at_;
    while (end < json_.size() &&
           (json_[end] == ' ' || json_[end] == '\t' || json_[end] == '\n' || json_[end] == '\r')) {
      ++end;
    }
    if (end == at_) return;
    out_.append(json_, copied_, at_ - copied_);
    at_ = copied_ = end;
  }

  /// A scalar, an empty container, or the containers down to the first member's scalar.
  bool Value() {
    while (true) {
      Skip();
      const char c = Peek();
      if (c != '{' && c != '[') return Scalar(c);
      if (depth_ == kMaxJsonDepth) return Fail("nested more than 64 deep");
      objects_[depth_++] = c == '{';
      ++at_;
      Skip();
      if (Peek() == (c == '{' ? '}' : ']')) return true;  // AfterValue closes it
      if (c == '{' && !Key()) return false;
    }
  }

  bool Scalar(char c) {
    if (c == '"') return String();
    if (c == '-' || IsDigit(c)) return Number();
    if (c == 't') return Literal("true");
    if (c == 'f') return Literal("false");
    if (c == 'n') return Literal("null");
    return Fail("a JSON value is expected");
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
        return !InObject() || Key();
      }
      if (c != (InObject() ? '}' : ']')) {
        return Fail(InObject() ? "',' or '}' is expected" : "',' or ']' is expected");
      }
      ++at_;
      --depth_;
    }
  }

  bool Key() {
    Skip();
    if (Peek() != '"') return Fail("a member name in quotes is expected");
    if (!String()) return false;
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
        if (!Escape()) return false;
        continue;
      }
      ++at_;
      if (byte == '"') return true;
    }
    return Fail("the string does not end");
  }

  bool Escape() {
    const size_t begin = at_++;
    if (Peek() != 'u') {
      if (at_ == json_.size() || kSimpleEscapes.find(json_[at_]) == std::string_view::npos) {
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
  std::string& out_;
  size_t at_ = 0;
  size_t copied_ = 0;  // everything before is in out_, or was white space
  std::array<bool, kMaxJsonDepth> objects_{};
  size_t depth_ = 0;
  std::optional<JsonError> error_;
};

}  // namespace

std::optional<JsonError> MinifyJson(std::string_view json, std::string& out) {
  if (const auto at = base::FindInvalidUtf8(json)) return JsonError{*at, "not valid UTF-8"};
  return Minifier(json, out).Run();
}

}  // namespace carillon::ingest
