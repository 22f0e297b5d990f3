#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "attempts.h"
#include "carillon/http/courier.h"
#include "carillon/journal/journal.h"
#include "carillon/metrics/metrics.h"
#include "carillon/policy/retry_tokens.h"
#include "carillon/routing/routing_table.h"
#include "held_event.h"
#include "request_maker.h"
#include "retry_queue.h"
#include "ring_queue.h"
#include "tracker.h"

namespace carillon::delivery {

/// What a lane may hold in its queue; over it, it falls behind.
struct LaneBounds {
  size_t bytes = 4u << 20;
  size_t events = 65'536;
  size_t floor_bytes = 64u << 10;  ///< what it keeps when memory is short
};

/// The living queue of one destination. It decides (what is sent next, when it is full, where it
/// stands in the journal) and does nothing: the dispatcher drives it. One thread.
///
/// New deliveries ("fresh") wait in the order of their positions. A lane is *live*: routing gives
/// it every event it wants; or *behind*: it wants every event from its cursor on, and gets them
/// from journal reads. What always holds: each event the lane wanted is settled, or in memory, or
/// at or above the cursor, or above what was routed.
///
/// The watermark waits only for deliveries that have a slot of the tracker; those of a lane that
/// fell behind lost it, and `DurableCursor` covers them instead.
class Lane {
 public:
  Lane(const journal::LaneState& state, const LaneBounds& bounds, Tracker& tracker,
       std::shared_ptr<metrics::LaneMetrics> metrics);

  /// Follows the destination to its place in a new table.
  void Bind(std::shared_ptr<const routing::RoutingTable> table, uint32_t index);
  void SetRequests(http::EndpointId endpoint, RequestMaker requests);

  journal::LaneId id() const { return id_; }
  const model::Destination& destination() const { return *destination_; }
  http::EndpointId endpoint() const { return endpoint_; }
  metrics::LaneMetrics& metrics() { return *metrics_; }
  RequestMaker& requests() { return *requests_; }
  RetryQueue& retries() { return retries_; }
  const RetryQueue& retries() const { return retries_; }

  // --- What comes in.

  /// Whether routing gives it events at `position`.
  bool WantsLive(uint64_t position) const { return !cursor_ && position >= from_; }
  /// Whether an event read from the journal at or above the cursor is for it.
  bool Matches(const model::Event& event) const { return table_->Matches(event, index_); }
  bool Full() const { return fresh_bytes_ >= limit_ || fresh_.size() >= bounds_.events; }
  /// `slot`: the tracker's, or kNone when it was read for a lane that is behind.
  void Enqueue(HeldRef event, uint64_t slot);

  // --- Falling behind and catching up.

  /// It will want `position` and all that follow from the journal.
  void FallBehind(uint64_t position);
  /// The watermark no longer waits for what the lane has in memory.
  void Detach();
  /// Gives up what is queued beyond `keep_bytes`, youngest first, to read it again later; and all
  /// retries, whose rows are in the journal.
  void Shed(size_t keep_bytes);
  /// The events from the cursor up to `position` were looked at.
  void MoveCursor(uint64_t position);
  /// The cursor reached what is routed next: it is live again.
  void CatchUp();
  const std::optional<uint64_t>& cursor() const { return cursor_; }
  /// It is behind and its queue is at most half full.
  bool NeedsRead() const {
    return cursor_ && !closing_ && fresh_bytes_ < limit_ / 2 && fresh_.size() < bounds_.events / 2;
  }
  /// What the journal must know so that the watermark may pass the lane's unsettled events.
  std::optional<uint64_t> DurableCursor() const;
  /// Lowest position of a fresh delivery in memory; kNone: there is none.
  uint64_t LowestUnsettled() const;

  // --- What goes out.

  /// Something waits and may start.
  bool Ready() const;
  /// Nothing is started before `until`. A longer pause stays.
  void Pause(base::MonoTime until);
  bool paused() const { return paused_until_.has_value(); }
  /// When to call `Wake`; nothing: there is no need to.
  std::optional<base::MonoTime> WakeAt() const {
    return paused_until_ ? paused_until_ : budget_at_;
  }
  /// Ends the pause, or the wait for the retry budget, when its time has come.
  void Wake(base::MonoTime now);
  /// The next to send; only when `Ready`. Fresh ones come before retries, but for one in
  /// `kRetryTurn`, so that a busy destination's retries end too. Nothing: only retries wait, and
  /// the retry budget is used up; the lane is not ready before `WakeAt`.
  std::optional<Delivery> NextAttempt(base::MonoTime now);
  /// How many parked deliveries to ask for, so that about `max_bytes` come and they can go soon.
  size_t AskLimit(size_t max_bytes) const {
    return retries_.AskLimit(max_bytes, static_cast<size_t>(tokens_.tokens()));
  }
  void Started(Attempt& attempt);
  /// Its delivery is settled (or parked again).
  void Finished(Attempt& attempt);

  // --- The end.

  /// Nothing comes in or goes out any more; returns the fresh deliveries that were waiting. They
  /// are settled for the tracker.
  std::vector<Delivery> Close();
  bool closing() const { return closing_; }
  /// Closed, and nothing is in flight.
  bool Gone() const { return closing_ && in_flight_.empty(); }

  // --- Figures.

  size_t fresh_bytes() const { return fresh_bytes_; }
  size_t in_flight() const { return in_flight_.size(); }
  void SetFailing(bool failing) { failing_ = failing; }
  void PublishGauges();

  /// Kept by the dispatcher, so that a lane is in each of its lists once.
  struct Marks {
    bool runnable = false;
    bool reading = false;
    std::optional<base::MonoTime> waking;  ///< its time in the list of lanes to be woken
    bool has_cursor = false;               ///< it is in the list of lanes with a cursor
    std::optional<uint64_t> reported;      ///< the durable cursor as last told to the journal
  } marks;

 private:
  static constexpr uint32_t kRetryTurn = 8;
  void Settle(const Delivery& delivery);

  const journal::LaneId id_;
  const LaneBounds bounds_;
  Tracker& tracker_;
  const std::shared_ptr<metrics::LaneMetrics> metrics_;
  std::shared_ptr<const routing::RoutingTable> table_;
  const model::Destination* destination_ = nullptr;  // in table_
  uint32_t index_ = 0;
  http::EndpointId endpoint_ = 0;
  std::optional<RequestMaker> requests_;

  uint64_t from_;                   // positions below are not for this lane
  std::optional<uint64_t> cursor_;  // behind: next position to look at
  size_t limit_;                    // of fresh_bytes_
  RingQueue<Delivery> fresh_;
  size_t fresh_bytes_ = 0;
  size_t untracked_ = 0;  // fresh deliveries in memory that have no slot
  RetryQueue retries_;
  std::vector<Attempt*> in_flight_;
  std::optional<base::MonoTime> paused_until_;
  policy::RetryTokens tokens_;
  std::optional<base::MonoTime> budget_at_;  // retries wait until then for a token
  uint32_t turn_ = 0;
  bool failing_ = false;
  bool closing_ = false;
};

}  // namespace carillon::delivery
