#pragma once

#include <memory>
#include <string>
#include <utility>

namespace carillon::base {

/// Text that never changes and that its copies share: for what is long, and the same in many
/// places. Copies may be used on different threads. Not for secrets: it is not wiped.
class SharedText {
 public:
  SharedText() = default;
  // Stands wherever text does, and is made of it.
  SharedText(std::string text)
      : text_(text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text))) {}
  SharedText(const char* text) : SharedText(std::string(text)) {}
  operator const std::string&() const { return str(); }

  const std::string& str() const {
    static const std::string none;
    return text_ == nullptr ? none : *text_;
  }
  bool empty() const { return text_ == nullptr; }
  /// Whether both are one text in memory.
  bool shares(const SharedText& other) const { return text_ == other.text_; }

  friend bool operator==(const SharedText& a, const SharedText& b) {
    return a.shares(b) || a.str() == b.str();
  }

 private:
  std::shared_ptr<const std::string> text_;  // null when empty
};

}  // namespace carillon::base
