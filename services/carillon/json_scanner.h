#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace carillon::cli {

/// Walks over JSON text without building a tree. Each call skips white space first and returns
/// false, going nowhere useful, when something else stands there. Brackets and strings are
/// matched; what is inside a skipped value is left for its reader to judge.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : text_(text) {}

  bool Consume(char c);
  /// A string, decoded; `out` points into the text, or into `scratch` when it has escapes.
  bool String(std::string& scratch, std::string_view& out);
  /// Any value, as it is written.
  bool Value(std::string_view& raw);
  bool AtEnd();
  size_t position() const { return at_; }

 private:
  void SkipSpace();
  bool SkipString();
  bool Unescape(std::string_view raw, std::string& out);

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace carillon::cli
