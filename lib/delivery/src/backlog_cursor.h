#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace carillon::delivery {

/// Where a lane stands in the journal: from which position on it reads for itself, where it is
/// behind; and from where on it must be read for the lane after a restart. One thread.
///
/// The watermark waits for each unsettled delivery that has a slot of the tracker. One that has
/// none ("uncovered") would be lost by a restart, were it not for the durable cursor: that is at or
/// below each of them, and at or below what the lane reads next.
class BacklogCursor {
 public:
  /// `told`: the durable cursor that the journal has.
  explicit BacklogCursor(std::optional<uint64_t> told) : told_(told) {}

  /// The next position that the lane reads; nothing: it is not behind, routing gives it its events.
  const std::optional<uint64_t>& position() const { return position_; }
  bool behind() const { return position_.has_value(); }
  void MoveTo(uint64_t position) { position_ = position; }
  void CatchUp() { position_.reset(); }

  /// An unsettled delivery in memory has no slot (any more); it is settled, or forgotten because
  /// the position went back to it.
  void AddUncovered() { ++uncovered_; }
  void RemoveUncovered() { --uncovered_; }

  /// The durable cursor is there, or was when the journal was last told.
  bool InUse() const { return position_ || uncovered_ > 0 || told_; }
  /// The durable cursor. `from`: the lane wants nothing below. `lowest_unsettled()` is the lowest
  /// position of its unsettled deliveries in memory.
  template <typename Lowest>
  std::optional<uint64_t> Durable(uint64_t from, Lowest lowest_unsettled) const {
    if (position_) return std::max(from, std::min(*position_, lowest_unsettled()));
    if (uncovered_ > 0) return lowest_unsettled();
    return std::nullopt;
  }
  /// The journal is told `durable`; false: it knows that already.
  bool Tell(std::optional<uint64_t> durable) {
    if (durable == told_) return false;
    told_ = durable;
    return true;
  }

 private:
  std::optional<uint64_t> position_;
  std::optional<uint64_t> told_;
  size_t uncovered_ = 0;
};

}  // namespace carillon::delivery
