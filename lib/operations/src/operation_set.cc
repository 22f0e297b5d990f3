#include "operation_set.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/aip/etag.h"
#include "carillon/base/uuid.h"
#include "shown_request.h"

namespace carillon::operations {
namespace {

using std::chrono::milliseconds;

constexpr char kType[] = "carillon/Operation";
// After a step that could not be made, and, the longer nothing moves, after one that took nothing.
constexpr milliseconds kAgain{1000};
constexpr milliseconds kFirstPause{50};
constexpr milliseconds kLongestPause{2000};
constexpr milliseconds kLookEvery{60'000};
// How much of a second one step takes of what the rate allows.
constexpr double kShareOfRate = 0.1;

void SetTime(base::WallTime time, google::protobuf::Timestamp& to) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  to.set_seconds(seconds.time_since_epoch().count());
  to.set_nanos(static_cast<int32_t>((time - seconds).count()));
}

std::string ParentOf(const std::string& tenant) {
  return absl::StrCat("tenants/", tenant, "/operations/");
}

std::string TenantOf(const std::string& name) {
  const size_t begin = name.find('/') + 1;
  return name.substr(begin, name.find('/', begin) - begin);
}

bool MayComeAgain(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status);
}

absl::Status NoRoom(const absl::Status& status) {
  if (absl::IsResourceExhausted(status)) {
    return aip::QuotaExceeded(v1::DISK_FULL, "the disk is full", "operations");
  }
  absl::Status failed = aip::MakeError(
      v1::STORE_UNAVAILABLE, "the store of operations cannot be written: try again later");
  aip::AddRetry(failed, std::chrono::seconds(1));
  return failed;
}

absl::Status Conflict(const std::string& name, const std::string& what, const std::string& todo) {
  return aip::FailedPrecondition(v1::STATE_CONFLICT, absl::StrCat(name, " ", what),
                                 {{"STATE_CONFLICT", name, todo}});
}

size_t MostOf(const v1::Operation& operation) {
  if (!operation.has_max_rate()) return Task::kMaxStep;
  const double share = std::ceil(operation.max_rate() * kShareOfRate);
  return static_cast<size_t>(std::clamp(share, 1.0, static_cast<double>(Task::kMaxStep)));
}

}  // namespace

OperationSet::~OperationSet() {
  for (Waiter& waiter : waiters_) {
    waiter.done(aip::MakeError(v1::STOPPING, "the service is stopping"));
  }
}

absl::Status OperationSet::Load() {
  absl::StatusOr<std::vector<StoredOperation>> all = store_.Load();
  if (!all.ok()) return all.status();
  for (StoredOperation& stored : *all) {
    Entry& entry = entries_[stored.operation.name()];
    entry.stored = std::move(stored);
    if (entry.stored.operation.done()) continue;
    absl::StatusOr<std::unique_ptr<Task>> task = make_(entry.stored);
    if (task.ok()) {
      entry.task = *std::move(task);
    } else {
      End(entry, v1::Operation::FAILED, task.status());
    }
  }
  return absl::OkStatus();
}

std::optional<base::MonoTime> OperationSet::Turn() {
  const base::MonoTime now = clock_.Mono();
  if (now >= look_at_) ForgetOld();
  std::optional<base::MonoTime> next = look_at_;
  std::vector<std::string> due;
  for (const auto& [name, entry] : entries_) {
    if (entry.task == nullptr || entry.stepping || entry.stored.operation.paused()) continue;
    if (entry.next_at <= now) {
      due.push_back(name);
    } else {
      next = std::min(*next, entry.next_at);
    }
  }
  for (const std::string& name : due) BeginStep(name, entries_.at(name));
  next = std::min(*next, CountSome(now));
  std::vector<Waiter> over;
  std::erase_if(waiters_, [&](Waiter& waiter) {
    if (waiter.until > now) {
      next = std::min(*next, waiter.until);
      return false;
    }
    over.push_back(std::move(waiter));
    return true;
  });
  for (Waiter& waiter : over) Get(waiter.name, std::move(waiter.done));
  return next;
}

absl::Status OperationSet::CheckRoom(const Operations::Beginning& beginning) const {
  const std::string& tenant = beginning.tenant;
  // What deletes a tenant ends its other operations.
  const bool is_last = beginning.operation.kind() == v1::Operation::DELETE_TENANT;
  size_t running = 0;
  size_t of_tenant = 0;
  for (const auto& [name, entry] : entries_) {
    if (entry.task == nullptr) continue;
    ++running;
    if (TenantOf(name) == tenant) ++of_tenant;
  }
  if (!is_last && of_tenant >= Operations::kMaxRunningOfTenant) {
    return aip::QuotaExceeded(v1::QUOTA_EXCEEDED,
                              absl::StrCat("the tenant has ", of_tenant,
                                           " operations that are not done: wait, or cancel one"),
                              absl::StrCat("tenants/", tenant));
  }
  if (running < Operations::kMaxRunning) return absl::OkStatus();
  return aip::QuotaExceeded(v1::QUOTA_EXCEEDED,
                            absl::StrCat(running, " operations are not done: wait"), "operations");
}

const OperationSet::Entry* OperationSet::FindBegun(const Operations::Beginning& beginning) const {
  const auto named = entries_.find(beginning.operation.name());
  if (named != entries_.end()) return &named->second;
  if (beginning.request_key.empty()) return nullptr;
  for (const auto& [name, entry] : entries_) {
    if (entry.stored.request_key == beginning.request_key) return &entry;
  }
  return nullptr;
}

void OperationSet::Start(Operations::Beginning beginning, Done done) {
  if (const Entry* const begun = FindBegun(beginning)) return done(Shown(*begun));
  if (absl::Status status = CheckRoom(beginning); !status.ok()) return done(status);
  const base::WallTime now = clock_.Wall();
  Entry entry;
  StoredOperation& stored = entry.stored;
  stored = {.operation = std::move(beginning.operation),
            .request = std::move(beginning.request),
            .request_key = std::move(beginning.request_key),
            .cursor = beginning.cursor,
            .end = beginning.end};
  v1::Operation& operation = stored.operation;
  if (operation.name().empty()) {
    operation.set_name(ParentOf(beginning.tenant) + base::MakeUuidV7(now, random_));
  }
  operation.set_state(v1::Operation::RUNNING);
  SetTime(now, *operation.mutable_create_time());
  SetTime(now, *operation.mutable_update_time());
  absl::StatusOr<std::unique_ptr<Task>> task = make_(stored);
  if (!task.ok()) return done(task.status());
  entry.task = *std::move(task);
  if (absl::Status status = store_.Put(stored); !status.ok()) return done(NoRoom(status));
  v1::Operation answer = Shown(entry);
  entries_.emplace(answer.name(), std::move(entry));
  if (entries_.size() > Operations::kMaxKept) ForgetOld();
  done(std::move(answer));
}

void OperationSet::Get(const std::string& name, Done done) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return done(aip::NotFound(kType, name));
  done(Shown(found->second));
}

std::vector<v1::Operation> OperationSet::List(const std::string& tenant) const {
  const std::string prefix = tenant == "-" ? std::string() : ParentOf(tenant);
  std::vector<v1::Operation> list;
  for (auto it = entries_.lower_bound(prefix); it != entries_.end(); ++it) {
    if (!it->first.starts_with(prefix)) break;
    list.push_back(Shown(it->second));
  }
  return list;
}

void OperationSet::Wait(const std::string& name, std::chrono::nanoseconds at_most, Done done) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return done(aip::NotFound(kType, name));
  if (found->second.task == nullptr || at_most <= std::chrono::nanoseconds(0)) {
    return done(Shown(found->second));
  }
  if (waiters_.size() >= Operations::kMaxWaiters) {
    absl::Status status =
        aip::QuotaExceeded(v1::TOO_MANY_CALLS, "too many calls wait for operations", "operations");
    aip::AddRetry(status, std::chrono::seconds(1));
    return done(std::move(status));
  }
  waiters_.push_back({name, clock_.Mono() + at_most, std::move(done)});
}

void OperationSet::Update(const std::string& name, Operations::Change change, Done done) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return done(aip::NotFound(kType, name));
  Entry& entry = found->second;
  v1::Operation next = Shown(entry);
  if (absl::Status status = change(next); !status.ok()) return done(std::move(status));
  if (entry.task == nullptr) {
    return done(Conflict(name, "is done: it cannot be changed", "start another one"));
  }
  StoredOperation stored = entry.stored;
  stored.operation.clear_max_rate();
  if (next.has_max_rate()) stored.operation.set_max_rate(next.max_rate());
  stored.operation.set_paused(next.paused());
  stored.operation.set_state(next.paused() ? v1::Operation::PAUSED : v1::Operation::RUNNING);
  SetTime(clock_.Wall(), *stored.operation.mutable_update_time());
  ++stored.revision;
  if (absl::Status status = store_.Put(stored); !status.ok()) return done(NoRoom(status));
  entry.stored = std::move(stored);
  entry.next_at = clock_.Mono();
  done(Shown(entry));
}

void OperationSet::Cancel(const std::string& name, Done done) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return done(aip::NotFound(kType, name));
  Entry& entry = found->second;
  if (entry.task != nullptr && !entry.stepping) {
    End(entry, v1::Operation::CANCELLED, absl::CancelledError("it was canceled"));
  }
  if (entry.task == nullptr) return done(Shown(entry));
  entry.cancelled = true;
  Wait(name, kAgain * 30, std::move(done));
}

void OperationSet::Delete(const std::string& name, Done done) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return done(aip::NotFound(kType, name));
  if (found->second.task != nullptr) {
    return done(Conflict(name, "is not done", "wait for its end, or cancel it"));
  }
  if (absl::Status status = store_.Remove(name); !status.ok()) return done(NoRoom(status));
  v1::Operation was = Shown(found->second);
  entries_.erase(found);
  done(std::move(was));
}

void OperationSet::BeginStep(const std::string& name, Entry& entry) {
  entry.stepping = true;
  entry.task->Step(MostOf(entry.stored.operation), [post = post_, name](StepResult result) {
    post([name, result = std::move(result)](OperationSet& set) { set.OnStep(name, result); });
  });
}

void OperationSet::OnStep(const std::string& name, StepResult result) {
  Entry& entry = entries_.at(name);  // one that is under way stays
  entry.stepping = false;
  Count(entry, result);
  SetNext(entry, result);
  if (!result.status.ok() && !MayComeAgain(result.status)) {
    return End(entry, v1::Operation::FAILED, result.status);
  }
  if (result.status.ok() && result.finished) {
    return End(entry, v1::Operation::SUCCEEDED, absl::OkStatus());
  }
  if (entry.cancelled) {
    return End(entry, v1::Operation::CANCELLED, absl::CancelledError("it was canceled"));
  }
  // What is not written is made again after a crash; the next step writes it, too.
  if (result.scanned > 0 || result.processed > 0) (void)store_.Put(entry.stored);
}

void OperationSet::Count(Entry& entry, const StepResult& result) const {
  StoredOperation& stored = entry.stored;
  stored.cursor = result.cursor;
  stored.end = result.end;
  v1::Operation& operation = stored.operation;
  operation.set_scanned_count(operation.scanned_count() + result.scanned);
  operation.set_matched_count(operation.matched_count() + result.matched);
  operation.set_processed_count(operation.processed_count() + result.processed);
  operation.set_progress(std::clamp(result.progress, operation.progress(), 1.0));
  if (result.scanned > 0) SetTime(clock_.Wall(), *operation.mutable_update_time());
}

void OperationSet::SetNext(Entry& entry, const StepResult& result) const {
  const base::MonoTime now = clock_.Mono();
  if (!result.status.ok()) {
    entry.next_at = now + kAgain;
    return;
  }
  if (result.waits && result.processed == 0) {
    entry.pause = std::clamp(entry.pause * 2, kFirstPause, kLongestPause);
  } else {
    entry.pause = result.waits ? kFirstPause : milliseconds(0);
  }
  entry.next_at = now + entry.pause;
  const v1::Operation& operation = entry.stored.operation;
  if (!operation.has_max_rate()) return;
  const std::chrono::duration<double> used(static_cast<double>(result.processed) /
                                           operation.max_rate());
  entry.next_at =
      std::max(entry.next_at, now + std::chrono::duration_cast<std::chrono::nanoseconds>(used));
}

void OperationSet::End(Entry& entry, v1::Operation::State state, const absl::Status& why) {
  v1::Operation& operation = entry.stored.operation;
  operation.set_done(true);
  operation.set_state(state);
  operation.set_paused(false);
  if (!why.ok()) *operation.mutable_error() = aip::ToRpc(why);
  if (state == v1::Operation::SUCCEEDED) operation.set_progress(1);
  SetTime(clock_.Wall(), *operation.mutable_update_time());
  *operation.mutable_end_time() = operation.update_time();
  ++entry.stored.revision;
  entry.task.reset();
  // Unwritten, it goes on after a restart from where it was written last, and ends again.
  (void)store_.Put(entry.stored);
  AnswerWaiters(operation.name());
}

void OperationSet::AnswerWaiters(const std::string& name) {
  std::vector<Waiter> told;
  std::erase_if(waiters_, [&](Waiter& waiter) {
    if (waiter.name != name) return false;
    told.push_back(std::move(waiter));
    return true;
  });
  for (Waiter& waiter : told) Get(name, std::move(waiter.done));
}

void OperationSet::ForgetOld() {
  look_at_ = clock_.Mono() + kLookEvery;
  const int64_t before = base::ToUnixSeconds(clock_.Wall() - Operations::kKeptFor);
  std::vector<std::pair<int64_t, std::string>> ended;  // the oldest first
  for (const auto& [name, entry] : entries_) {
    if (entry.task != nullptr) continue;
    ended.emplace_back(entry.stored.operation.end_time().seconds(), name);
  }
  std::ranges::sort(ended);
  for (const auto& [end, name] : ended) {
    if (end >= before && entries_.size() <= Operations::kMaxKept) return;
    if (!store_.Remove(name).ok()) return;
    entries_.erase(name);
  }
}

v1::Operation OperationSet::Shown(const Entry& entry) const {
  v1::Operation shown = entry.stored.operation;
  // The first may be delivered before the step that handed them over is counted, and what another
  // operation of its kind made at the same place is counted, too.
  const int64_t processed = shown.processed_count();
  shown.set_delivered_count(std::min(shown.delivered_count(), processed));
  shown.set_dead_count(std::min(shown.dead_count(), processed - shown.delivered_count()));
  if (auto request = ShownRequest(entry.stored)) *shown.mutable_request() = *std::move(request);
  shown.set_etag(aip::MakeEtag(store_.key(), shown.name(), entry.stored.revision));
  return shown;
}

}  // namespace carillon::operations
