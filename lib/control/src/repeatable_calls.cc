#include "carillon/control/repeatable_calls.h"

#include <chrono>
#include <utility>

#include "carillon/aip/error.h"

namespace carillon::control {
namespace {

absl::Status SameUnderWay() {
  absl::Status status = aip::QuotaExceeded(
      v1::RATE_LIMITED, "a call with this request_id is under way", "request_id");
  aip::AddRetry(status, std::chrono::seconds(1));
  return status;
}

/// All but its decision, which it does not have.
ChangeCall Again(const ChangeCall& call) {
  ChangeCall again;
  again.principal = call.principal;
  again.method = call.method;
  again.request_id = call.request_id;
  again.request = call.request;
  again.answer_type = call.answer_type;
  again.sets_version = false;
  return again;
}

}  // namespace

void RepeatableCalls::Run(ChangeCall call, Act act, Done done) {
  if (call.request_id.empty()) return act(std::move(done));
  Key key{call.principal, call.request_id};
  if (!Enter(key)) return done(SameUnderWay());
  Done leave = [this, key = std::move(key),
                done = std::move(done)](absl::StatusOr<Answer> answer) mutable {
    Leave(key);
    done(std::move(answer));
  };
  call.sets_version = false;
  // What it does is nothing of the repository's: whoever serves the call writes it down.
  std::shared_ptr<CallTrail> trail = std::exchange(call.trail, nullptr);
  ChangeCall asked = Again(call);
  repository_.Recall(std::move(asked), [this, trail = std::move(trail), call = std::move(call),
                                        act = std::move(act), leave = std::move(leave)](
                                           absl::StatusOr<Answer> before) mutable {
    if (trail != nullptr && before.ok() && *before != nullptr) trail->settled = true;
    OnRecalled(std::move(call), std::move(act), std::move(before), std::move(leave));
  });
}

void RepeatableCalls::OnRecalled(ChangeCall call, Act act, absl::StatusOr<Answer> before,
                                 Done done) {
  if (!before.ok() || *before != nullptr) return done(std::move(before));
  act([this, call = std::move(call),
       done = std::move(done)](absl::StatusOr<Answer> answer) mutable {
    if (!answer.ok()) return done(std::move(answer));
    call.decide = [answer = *std::move(answer)](const View&) mutable -> absl::StatusOr<ChangeSet> {
      ChangeSet set;
      set.answer = std::move(answer);
      return set;
    };
    repository_.Change(std::move(call), std::move(done));
  });
}

bool RepeatableCalls::Enter(const Key& key) {
  const base::MutexLock lock(mutex_);
  return under_way_.insert(key).second;
}

void RepeatableCalls::Leave(const Key& key) {
  const base::MutexLock lock(mutex_);
  under_way_.erase(key);
}

}  // namespace carillon::control
