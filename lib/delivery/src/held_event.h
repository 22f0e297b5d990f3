#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "carillon/model/destination.h"
#include "carillon/model/event.h"

namespace carillon::delivery {

class HeldEvents;

/// A share in an event that this shard holds in memory. However many lanes want the event it is
/// held once, and its body is encoded once for each format. One thread.
class HeldRef {
 public:
  HeldRef() = default;
  HeldRef(const HeldRef& other) : held_(other.held_) {
    if (held_ != nullptr) ++held_->shares;
  }
  HeldRef(HeldRef&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
  HeldRef& operator=(HeldRef other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~HeldRef() {
    if (held_ != nullptr && --held_->shares == 0) Release();
  }

  explicit operator bool() const { return held_ != nullptr; }
  const model::Event& operator*() const { return *held_->event; }
  const model::Event* operator->() const { return held_->event.get(); }

  /// The request body in `format` (CloudEvents with their default source); encoded the first time
  /// it is asked for.
  const std::shared_ptr<const std::string>& Body(model::Format format) const;

 private:
  friend class HeldEvents;
  struct Held {
    model::EventPtr event;
    std::array<std::shared_ptr<const std::string>, model::kFormatCount> bodies;
    HeldEvents* owner = nullptr;
    size_t bytes = 0;
    uint32_t shares = 0;
  };
  explicit HeldRef(Held* held) : held_(held) { ++held_->shares; }
  void Release();

  Held* held_ = nullptr;
};

/// Holds events for the lanes of one shard and counts the bytes they take: what the shard's memory
/// bound is measured with. Must outlive every HeldRef.
class HeldEvents {
 public:
  HeldRef Hold(model::EventPtr event);
  /// Events and encoded bodies.
  size_t bytes() const { return bytes_; }

 private:
  friend class HeldRef;
  static constexpr size_t kSpares = 1024;
  void Release(HeldRef::Held* held);

  size_t bytes_ = 0;
  std::vector<std::unique_ptr<HeldRef::Held>> spares_;
};

}  // namespace carillon::delivery
