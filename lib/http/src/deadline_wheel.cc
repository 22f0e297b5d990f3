#include "deadline_wheel.h"

#include <algorithm>

namespace carillon::http {

DeadlineWheel::DeadlineWheel(boost::asio::io_context::executor_type executor,
                             const base::Clock& clock)
    : clock_(clock), origin_(clock.Mono()), timer_(executor) {}

void DeadlineWheel::Set(Deadline& deadline, base::MonoTime at) {
  deadline.Unlink();
  // The clock may have gone past ticks that were not looked at because nothing was set.
  if (!armed_) current_ = TickOf(clock_.Mono());
  deadline.tick_ = std::max(TickOf(at) + 1, current_ + 1);
  deadline.LinkBefore(slots_[deadline.tick_ % kSlots]);
  if (!armed_ || deadline.tick_ < *armed_) Arm(deadline.tick_);
}

uint64_t DeadlineWheel::TickOf(base::MonoTime at) const {
  return at <= origin_ ? 0 : static_cast<uint64_t>((at - origin_) / kTick);
}

std::optional<uint64_t> DeadlineWheel::NextTick() const {
  for (uint64_t tick = current_ + 1; tick <= current_ + kSlots; ++tick) {
    if (slots_[tick % kSlots].linked()) return tick;
  }
  return std::nullopt;
}

void DeadlineWheel::Arm(uint64_t tick) {
  armed_ = tick;
  timer_.expires_after(origin_ + tick * kTick - clock_.Mono());
  timer_.async_wait([this, tick, alive = std::weak_ptr<int>(alive_)](const auto&) {
    // Armed anew in between: this call is of no interest.
    if (alive.expired() || armed_ != tick) return;
    OnTimer();
  });
}

void DeadlineWheel::OnTimer() {
  const uint64_t now = TickOf(clock_.Mono());
  DeadlineLink due;
  const uint64_t from = std::max(current_ + 1, now >= kSlots ? now - kSlots + 1 : 0);
  current_ = std::max(current_, now);
  for (uint64_t tick = from; tick <= now; ++tick) CollectDue(tick % kSlots, due);
  while (due.linked()) {
    auto& deadline = static_cast<Deadline&>(*due.next);
    deadline.Unlink();
    deadline.OnDeadline();
  }
  armed_.reset();
  if (const auto next = NextTick()) Arm(*next);
}

void DeadlineWheel::CollectDue(uint64_t slot, DeadlineLink& due) {
  DeadlineLink& head = slots_[slot];
  for (DeadlineLink* at = head.next; at != &head;) {
    auto& deadline = static_cast<Deadline&>(*at);
    at = at->next;
    if (deadline.tick_ > current_) continue;
    deadline.Unlink();
    deadline.LinkBefore(due);
  }
}

}  // namespace carillon::http
