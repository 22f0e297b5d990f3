#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "carillon/base/mutex.h"
#include "carillon/connect/bridge.h"
#include "connect_error.h"

namespace carillon::connect {

/// Counts the calls under way and the bytes of their requests. Thread-safe; outlives its tickets.
class CallPlaces {
 public:
  /// The place of one call; gives it back when it is destroyed.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept { *this = std::move(other); }
    Ticket& operator=(Ticket&& other) noexcept {
      std::swap(all_, other.all_);
      std::swap(stream_, other.stream_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Ticket() { Leave(); }

    /// Gives the place back now. Before the answer goes: who has it may call again at once.
    void Leave();

    /// The request turned out to have so many bytes. An error when there is no room for them.
    std::optional<Error> Hold(size_t bytes);

   private:
    friend class CallPlaces;
    CallPlaces* all_ = nullptr;
    bool stream_ = false;
    size_t bytes_ = 0;
  };

  explicit CallPlaces(const Bounds& bounds) : bounds_(bounds) {}

  /// A place for a call with a body of so many bytes: RESOURCE_EXHAUSTED says what there is too
  /// much of. `ticket` is a fresh one.
  std::optional<Error> Enter(bool stream, size_t bytes, Ticket& ticket);

 private:
  const Bounds bounds_;
  base::Mutex mutex_;
  size_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t streams_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace carillon::connect
