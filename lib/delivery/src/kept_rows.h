#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace carillon::delivery {

/// What a lane that is behind keeps of events that left the journal, as far as memory knows it:
/// rows of their own (store::Due::Kept()), in the order of their positions. All come before what
/// lies at the lane's cursor, and are read first. One thread.
class KeptRows {
 public:
  explicit KeptRows(uint64_t rows) : left_(rows) {}

  /// A row is handed over to be written...
  void OnWritten() { ++writing_; }
  /// ...and is durable.
  void OnDurable() { --writing_, ++left_; }
  bool writing() const { return writing_ > 0; }

  /// No row is left that is durable and was not taken.
  bool empty() const { return left_ == 0; }
  /// Position from which rows are to be taken.
  uint64_t next() const { return next_; }
  /// Another number: rows are to be taken again.
  uint64_t upsets() const { return back_; }
  /// The next row, in their order. True: `OnQueued`, or the removal of the row, follows; false: it
  /// was taken before, or is not known yet.
  bool Take(uint64_t position);
  /// The same, but the removal of the row follows: it is not taken again, also not when those
  /// before it that are in memory go back, and it is read before its removal is durable.
  bool Forget(uint64_t position);
  /// The same for one that need not be the next: those before it stay. `before`: the row before it,
  /// in their order; 0: that is not known.
  bool TakeOut(uint64_t position, uint64_t before);

  // --- Those in memory, at the front of what the lane has queued.

  size_t queued() const { return queued_; }
  void OnQueued() { ++queued_; }
  /// The first goes, or waits in order.
  void OnUnqueued() { --queued_; }
  /// The last gives up its memory: it is to be taken again.
  void GoBack(uint64_t position) { --queued_, ++left_, ++back_, next_ = position; }
  /// All are given up for good.
  void Clear() { queued_ = 0; }

 private:
  using Range = std::pair<uint64_t, uint64_t>;
  std::vector<Range>::iterator ForgottenAfter(uint64_t position);
  bool IsForgotten(uint64_t position);

  uint64_t left_;         // rows that are durable and not taken
  uint64_t writing_ = 0;  // handed over, not durable yet
  uint64_t next_ = 0;
  uint64_t back_ = 0;  // times that next_ went back
  size_t queued_ = 0;
  std::vector<Range> forgotten_;  // in order; kept while next_ may go back below them
};

}  // namespace carillon::delivery
