#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace carillon::delivery {

/// A first-in-first-out queue in one circular array. Empty and unused it allocates nothing, and it
/// gives a large array back when it runs empty: thousands of idle lanes hold one or two each.
template <typename T>
class RingQueue {
 public:
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  T& front() { return At(0); }
  const T& front() const { return At(0); }
  T& back() { return At(size_ - 1); }
  T& operator[](size_t i) { return At(i); }
  const T& operator[](size_t i) const { return At(i); }

  void push_back(T value) {
    if (size_ == capacity_) Grow();
    At(size_++) = std::move(value);
  }
  void push_front(T value) {
    if (size_ == capacity_) Grow();
    first_ = (first_ + capacity_ - 1) & (capacity_ - 1);
    At(0) = std::move(value);
    ++size_;
  }
  T pop_front() {
    T value = std::exchange(At(0), T{});
    first_ = (first_ + 1) & (capacity_ - 1);
    --size_;
    ReleaseWhenEmpty();
    return value;
  }
  T pop_back() {
    T value = std::exchange(At(size_ - 1), T{});
    --size_;
    ReleaseWhenEmpty();
    return value;
  }

 private:
  static constexpr size_t kKept = 64;

  T& At(size_t i) { return items_[(first_ + i) & (capacity_ - 1)]; }
  const T& At(size_t i) const { return items_[(first_ + i) & (capacity_ - 1)]; }

  void Grow() {
    const size_t capacity = capacity_ == 0 ? 8 : capacity_ * 2;
    auto items = std::make_unique<T[]>(capacity);
    for (size_t i = 0; i < size_; ++i) items[i] = std::move(At(i));
    items_ = std::move(items);
    capacity_ = capacity;
    first_ = 0;
  }
  void ReleaseWhenEmpty() {
    if (size_ != 0 || capacity_ <= kKept) return;
    items_.reset();
    capacity_ = first_ = 0;
  }

  std::unique_ptr<T[]> items_;
  size_t capacity_ = 0;  // a power of two, or 0
  size_t first_ = 0;
  size_t size_ = 0;
};

}  // namespace carillon::delivery
