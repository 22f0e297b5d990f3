#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/inlined_vector.h"
#include "attempts.h"
#include "begun.h"
#include "carillon/store/lane_state.h"
#include "carillon/store/parked.h"
#include "ring_queue.h"
#include "stuck_marks.h"

namespace carillon::delivery {

/// What becomes of the deliveries of a batch that is not in flight any more.
enum class Ending : uint8_t {
  kSettled,  ///< delivered, or dead and the next may go
  kParked,   ///< it is tried again later
  kStuck,    ///< dead, and what follows is held
};

/// Keeps the groups of one lane in order: of each group at most one batch is in flight or waits
/// for a time, and it holds the earliest deliveries of the group that are left. Knows only groups
/// in which something is under way or waits. One thread.
///
/// What waits behind an attempt in flight waits in memory. What waits longer, behind a batch that
/// is parked (timed) or dead (stuck), is held: it gets a row at Due::Held(group) in the store, and
/// comes back when the way is free. What always holds: a group's deliveries in memory come before
/// those that are held, and these before any that was not offered yet.
class Groups {
 public:
  static constexpr size_t kMaxWaiting = 256;  ///< deliveries of one group in memory
  /// The lane takes nothing fresh while it has so many groups.
  static constexpr size_t kMaxGroups = 65'536;

  /// After a restart the journal may hold rows that lie behind deliveries it does not know of:
  /// those that were in flight or waited in memory. They come again through `Offer`; until all
  /// have, no row of `recovered` is asked for.
  explicit Groups(std::span<const store::GroupState> recovered);
  bool recovering() const { return recovering_; }
  /// All that was accepted before the restart was offered.
  void EndRecovery();

  bool Full() const { return groups_.size() >= kMaxGroups; }
  /// Nothing of the group is in flight, timed or stuck.
  bool Free(store::GroupId id) const;

  // --- Composing a batch.

  enum class Place : uint8_t { kTaken, kWaits, kHeld };
  /// A batch that is being composed. Used up before the next one is, and before anything else is
  /// done to the groups.
  class Composer {
   public:
    /// A fresh delivery that has a group. kTaken: it is in the batch. kWaits: it was moved to the
    /// groups. kHeld: the caller writes its row, and settles it.
    Place Offer(Delivery& fresh) { return groups_.Offer(fresh); }
    /// The next that waited in the groups and may go; null: there is none.
    const Delivery* Peek() { return groups_.Peek(); }
    /// Takes what `Peek` showed into the batch.
    Delivery Pop() { return groups_.Pop(); }

   private:
    friend class Groups;
    explicit Composer(Groups& groups) : groups_(groups) { ++groups_.batch_; }
    Groups& groups_;
  };
  Composer Compose() { return Composer(*this); }
  /// False: a composer would find nothing that waited.
  bool MayHaveReady() const { return !ready_.empty(); }

  // --- Batches that went.

  /// A parked batch goes again, or is given up (`Finish` follows).
  void Restart(const DeliveryBatch& deliveries);
  /// A delivery of the group was given up, and what follows is held. False: it was before.
  bool Stick(store::GroupId id);
  /// Another number: rows may come again that were taken, or are to come before others; a list of
  /// rows that was asked for under the number before does not tell which is the next of a group.
  uint64_t upsets() const { return upsets_; }
  /// Whether a delivery of the group, or of any (0), was given up and what follows is held.
  bool IsStuck(store::GroupId id) const;
  /// How many are held so.
  uint64_t HeldBehindDead(store::GroupId id) const;
  /// How many groups are stuck.
  size_t stuck() const { return stuck_; }
  /// A list is under way: no group is forgotten, since the list may hold rows that were its.
  using Listing = Begun<Groups>;
  Listing BeginListing() {
    ++listings_;
    return {};
  }
  void EndListing(Listing listing);
  /// A held row is given up: its removal follows. False for one that is unknown, or comes back.
  bool TakeToEvict(store::GroupId id, uint64_t position);
  /// The same for one that need not be the next of its group: those before it stay.
  bool TakeOut(store::GroupId id, uint64_t position);
  /// A parked row is gone without its batch.
  void Release(const store::Parked& row);
  /// It is not in flight any more. What waited in memory and now waits longer is returned: the
  /// caller writes rows for those that are not `held` yet, and settles them.
  std::vector<Delivery> Finish(const DeliveryBatch& deliveries, Ending ending);
  /// A further delivery of a batch that is parked (`Finish` may still follow) and was taken apart:
  /// it is held behind the first of its group. The caller writes its row.
  void HoldAgain(store::GroupId id, uint64_t position);
  /// Frees memory: what waits in it is held from now on; as `Finish`.
  std::vector<Delivery> HoldAll();

  // --- Marks of groups that are stuck.

  struct Mark {
    store::GroupId group = 0;
    uint64_t position = 0;
  };
  /// The marks of stuck groups are to be looked at (again).
  void WantMarks() { marks_.Want(stuck_ > 0); }
  /// Whether to ask the journal for them, now.
  bool MayAskForMarks() const { return marks_.MayAsk(); }
  StuckMarks::Asking BeginAskingForMarks() { return marks_.BeginAsking(); }
  /// The answer came; `passed`: those whose groups may go on. Returns the positions of marks whose
  /// removal is to be written; of the others it is under way.
  std::vector<uint64_t> OnMarks(StuckMarks::Asking asking, std::span<const Mark> passed);
  /// Questions for marks that were asked so far, and those that were answered.
  uint64_t marks_asked() const { return marks_.asked(); }
  uint64_t marks_answered() const { return marks_.answered(); }
  /// The removal of a mark is durable.
  void OnMarkRemoved(uint64_t position) { marks_.OnRemoved(position); }
  /// Those whose removal is not durable.
  size_t marks_under_way() const { return marks_.under_way(); }

  // --- Rows of held deliveries.

  struct [[nodiscard]] Ask {
    store::GroupId group;
    size_t limit;
    Begun<Groups, struct HeldRowsAsked> begun;
  };
  /// The next rows to ask the journal for; nothing: none are needed now.
  std::optional<Ask> NextAsk();
  /// False: `NextAsk` has none.
  bool MayAsk() const { return !wanted_.empty(); }
  /// The answer came. `take` is called with each row that comes back now: it returns the delivery,
  /// which waits here from now on, or nothing where the row's removal follows.
  template <typename Take>
  void OnRows(Ask ask, const std::vector<store::DueDelivery>& rows, Take take) {
    ask.begun.End();
    const store::GroupId id = ask.group;
    if (!WayIsFree(id)) return;
    for (const store::DueDelivery& row : rows) {
      if (!TakeRow(id, row.parked.position)) continue;
      if (std::optional<Delivery> delivery = take(row)) Push(id, *std::move(delivery));
    }
    Update(id);
  }
  /// A row that `Offer`, `Finish` or `HoldAgain` asked for is durable.
  void OnHeld(store::GroupId id);
  /// The removal of a row that was taken is durable.
  void OnRemoved(store::GroupId id);

  // --- What waits in memory.

  size_t waiting() const { return waiting_; }
  /// Of these, those without a row.
  size_t unsettled() const { return unsettled_.size(); }
  /// Lowest position of those without a row; kNone: there is none.
  uint64_t LowestUnsettled() const {
    return unsettled_.empty() ? Tracker::kNone : *unsettled_.begin();
  }
  template <typename Visit>
  void ForEachWaiting(Visit visit) {
    for (auto& [id, group] : groups_) {
      for (size_t i = 0; i < group.waiting.size(); ++i) visit(group.waiting[i]);
    }
  }
  /// The first that waits in each group, which is its oldest.
  template <typename Visit>
  void ForEachFirst(Visit visit) const {
    if (waiting_ == 0) return;
    for (const auto& [id, group] : groups_) {
      if (!group.waiting.empty()) visit(group.waiting.front());
    }
  }
  /// Gives up all that waits in memory; the lane is being closed.
  std::vector<Delivery> Clear();

 private:
  static constexpr size_t kAskRows = 64;

  struct Group {
    RingQueue<Delivery> waiting;
    uint64_t batch = 0;  // number of the last batch it was taken into
    uint64_t taken = 0;  // rows up to this position were taken
    uint32_t flying = 0;
    uint32_t timed = 0;
    uint64_t written = 0;       // rows handed over, not durable yet
    uint64_t rows = 0;          // durable, not taken
    uint64_t leaving = 0;       // taken, the removal is not durable yet
    uint64_t ahead = 0;         // of `written`: come before some of `rows`
    std::vector<uint64_t> out;  // above `taken`, ascending: taken before those before them
    bool recovered = false;     // others may come before `rows`
    bool stuck = false;
    bool ready = false;   // listed
    bool wanted = false;  // listed
    bool asking = false;
    bool outdated = false;  // what is asked for was held anew since

    bool free() const { return flying == 0 && timed == 0 && !stuck; }
    bool wants() const {
      return waiting.empty() && rows > 0 && timed == 0 && !stuck && !asking && !recovered &&
             ahead == 0;
    }
    bool in_order() const { return waiting.empty() && rows == 0 && written == 0; }
  };

  using Ids = absl::InlinedVector<store::GroupId, 4>;
  static Ids Of(const DeliveryBatch& deliveries);
  Place Offer(Delivery& fresh);
  const Delivery* Peek();
  Delivery Pop();
  /// False: the rows that were asked for are to be forgotten.
  bool WayIsFree(store::GroupId id);
  /// False: the row was taken before, or comes later.
  bool TakeRow(store::GroupId id, uint64_t position);
  void Push(store::GroupId id, Delivery delivery);
  void Update(store::GroupId id);
  void HoldWaiting(Group& group, std::vector<Delivery>& out);
  void Update(store::GroupId id, Group& group);
  void TakeInto(Group& group);

  std::map<store::GroupId, Group> groups_;  // ordered: a seed replays a run
  RingQueue<store::GroupId> ready_;   // have deliveries in memory that may go; may be outdated
  RingQueue<store::GroupId> wanted_;  // need rows; may be outdated
  std::vector<store::GroupId> idle_;  // to be forgotten when the list came
  uint64_t upsets_ = 0;
  uint32_t listings_ = 0;  // under way
  bool recovering_ = false;
  absl::btree_set<uint64_t> unsettled_;
  uint64_t batch_ = 0;
  size_t waiting_ = 0;
  size_t stuck_ = 0;
  StuckMarks marks_;
};

}  // namespace carillon::delivery
