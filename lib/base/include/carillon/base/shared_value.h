#pragma once

#include <memory>
#include <utility>

namespace carillon::base {

/// A value that never changes, or none, kept out of line: for what is large and few have, so that
/// what may have it stays small. Copies share the value, and may be used on different threads.
template <typename T>
class SharedValue {
 public:
  SharedValue() = default;
  // Stands wherever a value does, and is made of one.
  SharedValue(T value) : value_(std::make_shared<const T>(std::move(value))) {}

  bool has_value() const { return value_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  /// Only where there is a value.
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }
  /// Null where there is none.
  const std::shared_ptr<const T>& pointer() const { return value_; }
  void reset() { value_.reset(); }

  /// By what they hold.
  friend bool operator==(const SharedValue& a, const SharedValue& b) {
    return a.value_ == b.value_ || (a && b && *a == *b);
  }

 private:
  std::shared_ptr<const T> value_;
};

}  // namespace carillon::base
