#include "request_inbox.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace carillon::journal {
namespace {

constexpr std::chrono::milliseconds kGather{2};
constexpr size_t kMembersInARow = 16;

}  // namespace

size_t RowCount(const Settlement& s) {
  size_t rows = s.attempts.size() + s.parked.size() + s.unparked.size() + s.dead.size() +
                s.cursors.size() + s.healths.size() + s.events.size();
  for (const Parked& row : s.parked) rows += row.rest.size() / kMembersInARow;
  return rows;
}

bool Inbox::Add(AppendRequest& request) {
  {
    const base::MutexLock lock(mutex_);
    if (stopping_) return false;
    appends_.push_back(std::move(request));
    if (appends_.size() > 1) return true;  // woken for the first
  }
  wake_.NotifyOne();
  return true;
}

bool Inbox::Add(SettleRequest& request) {
  {
    const base::MutexLock lock(mutex_);
    if (stopping_) return false;
    const size_t rows = settlement_rows_;
    settlement_rows_ += RowCount(request.settlement);
    settlements_.push_back(std::move(request));
    const bool first = settlements_.size() == 1;
    if (first) settlements_since_ = clock_.Mono();
    if (!first && (rows >= kMaxRows || settlement_rows_ < kMaxRows)) return true;
  }
  wake_.NotifyOne();
  return true;
}

bool Inbox::Add(InboxTask& task) {
  {
    const base::MutexLock lock(mutex_);
    if (stopping_) return false;
    tasks_.push_back(std::move(task));
  }
  wake_.NotifyOne();
  return true;
}

void Inbox::Open() {
  {
    const base::MutexLock lock(mutex_);
    open_ = true;
  }
  wake_.NotifyOne();
}

void Inbox::Stop() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyOne();
}

bool Inbox::Ready(bool hold_settlements, base::MonoTime now) const {
  if (stopping_ || !tasks_.empty()) return true;
  if (!open_) return false;
  if (!appends_.empty()) return true;
  if (settlements_.empty() || hold_settlements) return false;
  return settlement_rows_ >= kMaxRows || now >= settlements_since_ + kGather;
}

Group Inbox::Take(base::MonoTime deadline, bool hold_settlements) {
  const base::MutexLock lock(mutex_);
  while (true) {
    const auto now = clock_.Mono();
    if (Ready(hold_settlements, now) || now >= deadline) break;
    auto until = deadline;
    if (open_ && !settlements_.empty() && !hold_settlements) {
      until = std::min(until, settlements_since_ + kGather);
    }
    // A thread waits by the system's clock: for as long as it takes by ours.
    wake_.WaitUntil(mutex_, base::SystemClock().Mono() + (until - now));
  }
  Group group;
  group.tasks.swap(tasks_);
  if (stopping_) hold_settlements = false;
  if (open_ || stopping_) {
    TakeAppends(group);
    if (!hold_settlements) TakeSettlements(group);
  }
  group.stopping = stopping_ && appends_.empty() && settlements_.empty();
  return group;
}

void Inbox::TakeAppends(Group& group) {
  size_t events = 0;
  size_t bytes = 0;
  while (!appends_.empty()) {
    const AppendRequest& next = appends_.front();
    events += next.events.size();
    bytes += next.bytes;
    if (!group.appends.empty() && (events > kMaxEvents || bytes > kMaxBytes)) return;
    group.appends.push_back(std::move(appends_.front()));
    appends_.pop_front();
  }
}

void Inbox::TakeSettlements(Group& group) {
  size_t rows = 0;
  while (!settlements_.empty()) {
    const size_t next = RowCount(settlements_.front().settlement);
    if (!group.settlements.empty() && rows + next > kMaxRows) return;
    rows += next;
    settlement_rows_ -= next;
    group.settlements.push_back(std::move(settlements_.front()));
    settlements_.pop_front();
  }
}

}  // namespace carillon::journal
