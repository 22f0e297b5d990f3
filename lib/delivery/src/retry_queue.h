#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "attempts.h"
#include "begun.h"
#include "carillon/base/clock.h"
#include "carillon/store/parked.h"
#include "ring_queue.h"

namespace carillon::delivery {

/// The parked deliveries of one lane that wait for a time, as far as memory knows them: how many
/// there are (those held behind others counted too), when the next is due, and those few taken back
/// from the journal to be sent now. One thread.
///
/// A parked row stays in the journal until its outcome is durable; until then its key is kept
/// here, so that it is not taken twice.
class RetryQueue {
 public:
  static constexpr size_t kMaxTaken = 256;
  /// While none may go that was tried before: up to so many of these are taken in search of one
  /// that was not.
  static constexpr size_t kPassed = 16;
  static constexpr size_t kPassedBytes = 256u << 10;

  RetryQueue(uint64_t parked, std::optional<base::WallTime> next_due)
      : next_due_(next_due), parked_(parked) {}

  // --- Rows.

  void CountParked(uint64_t deliveries) { parked_ += deliveries; }
  void CountUnparked(uint64_t deliveries) { parked_ -= deliveries; }
  /// A parked row became durable: it can be taken from its due time on.
  void AddDue(base::WallTime due) {
    if (!next_due_ || due < *next_due_) next_due_ = due;
  }
  /// The removal of a row became durable. An answer under way may have been read before that, and
  /// is still compared with the key.
  void Forget(base::WallTime due, uint64_t position) {
    if (asking_ || listings_ > 0) {
      removed_.push_back(Key(due, position));
    } else {
      taken_.erase(Key(due, position));
    }
  }

  // --- Taking them back.

  /// When to ask the journal next; nothing: there is no need to, or not now. `may_retry`: those may
  /// go that were tried before.
  std::optional<base::WallTime> AskAt(bool may_retry = true) const {
    const bool enough = may_retry ? !empty() : HasUntried() || PassedEnough();
    return asking_ || enough || taken_.size() >= kMaxTaken ? std::nullopt : next_due_;
  }
  /// The journal is being asked for up to `AskLimit` rows, when `AskAt` has come.
  using Asking = Begun<RetryQueue, struct RowsAsked>;
  Asking BeginAsking() {
    asking_ = true;
    asked_ = next_due_;
    next_due_.reset();
    return {};
  }
  /// How many rows to ask for, so that about `max_bytes` and `max_rows` come: what cannot be sent
  /// soon would only take memory from others.
  size_t AskLimit(size_t max_bytes, size_t max_rows = kMaxTaken) const;
  /// A row of the answer. True where the row is to be sent now; false: it was taken before.
  bool Take(base::WallTime due, uint64_t position) {
    return taken_.insert(Key(due, position)).second;
  }
  /// Rows are being listed: the same as to answers under way.
  using Listing = Begun<RetryQueue>;
  Listing BeginListing() {
    ++listings_;
    return {};
  }
  void EndListing(Listing listing) {
    listing.End();
    --listings_;
    ForgetRemoved();
  }
  /// After the rows of the answer were taken.
  void EndAsking(Asking asking, const store::DueDeliveries& answer);

  // --- Sending them, by the times at which they are due.

  bool empty() const { return queue_.empty(); }
  size_t size() const { return queue_.size(); }
  void Push(DeliveryBatch deliveries) {
    if (deliveries.attempts == 0) ++untried_;
    queue_.push_back(std::move(deliveries));
  }
  /// One waits that was never tried: it was parked because nothing could be.
  bool HasUntried() const { return untried_ > 0; }
  /// The first was tried before; there is one.
  bool FirstIsTried() const { return queue_.front().attempts > 0; }
  DeliveryBatch Pop();
  /// The first that was never tried; there is one.
  DeliveryBatch PopUntried();
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (size_t i = 0; i < queue_.size(); ++i) visit(queue_[i]);
  }
  /// Forgets what waits here: the rows will be taken again.
  void Drop();

  uint64_t parked() const { return parked_; }

  /// When the oldest is due of those that wait for a time and are not under way.
  std::optional<base::WallTime> OldestDue() const {
    std::optional<base::WallTime> oldest = next_due_;
    const auto look = [&oldest](base::WallTime due) {
      oldest = std::min(oldest.value_or(due), due);
    };
    if (asking_ && asked_) look(*asked_);
    if (!queue_.empty()) look(queue_.front().due);
    return oldest;
  }

 private:
  using TakenKey = std::pair<int64_t, uint64_t>;
  void ForgetRemoved();
  bool PassedEnough() const { return size() >= kPassed || size() * typical_bytes_ >= kPassedBytes; }
  static TakenKey Key(base::WallTime due, uint64_t position) {
    return {base::ToUnixNanos(due), position};
  }

  RingQueue<DeliveryBatch> queue_;
  absl::flat_hash_set<TakenKey> taken_;
  std::vector<TakenKey> removed_;  // to be forgotten when the answer came
  std::optional<base::WallTime> next_due_;
  std::optional<base::WallTime> asked_;  // next_due_ when it was asked last
  uint64_t parked_;
  size_t typical_bytes_ = 64u << 10;  // of one row, from the last answer
  uint32_t untried_ = 0;              // in queue_
  bool asking_ = false;
  uint32_t listings_ = 0;  // under way
};

}  // namespace carillon::delivery
