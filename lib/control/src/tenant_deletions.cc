#include "carillon/control/tenant_deletions.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/v1/tenant.pb.h"
#include "change_call.h"
#include "metadata.h"
#include "tenant_deletion_plan.h"
#include "tenant_deletion_task.h"
#include "tenant_retirement.h"

namespace carillon::control {
namespace {

// Of the caller's time, left for the answer.
constexpr std::chrono::milliseconds kForDeletionAnswer{200};

/// The operation of a tenant that is gone, where there is no room for one.
v1::Operation EndedDeletion(v1::Operation operation) {
  operation.set_done(true);
  operation.set_state(v1::Operation::SUCCEEDED);
  operation.set_progress(1);
  return operation;
}

}  // namespace

/// A call of which the tenant is marked, or is about to be.
struct TenantDeletions::Accepted {
  const v1::DeleteTenantRequest request;
  const Caller caller;
  Done done;
  std::shared_ptr<const v1::Operation> operation{};  // null: there is no tenant
  v1::DeleteTenantResponse response{};
  std::string uid{};            // of the tenant
  uint64_t total = 0;           // resources that the operation deletes
  bool is_gone = false;         // all went in one change
  std::vector<Entry> before{};  // what the mark changed: by name, a message where there was one
};

void TenantDeletions::Delete(const v1::DeleteTenantRequest& request, const Caller& caller,
                             Done done) {
  if (!options_.tenants.pattern().Match(request.name())) {
    return done(aip::BadField("name", "PATTERN",
                              absl::StrCat("must be ", options_.tenants.pattern().ToString())));
  }
  absl::Status status = CheckRequestId(request.request_id());
  if (!status.ok()) return done(std::move(status));
  if (request.validate_only()) return Try(request, caller, std::move(done));
  ChangeCall call = MakeCall({kDeleteTenantMethod, request, request.request_id()}, caller,
                             v1::DeleteTenantResponse::default_instance());
  calls_.Run(
      std::move(call),
      [this, request, caller](Done answered) { Begin(request, caller, std::move(answered)); },
      std::move(done));
}

void TenantDeletions::Try(const v1::DeleteTenantRequest& request, const Caller& caller, Done done) {
  auto lanes = std::make_shared<std::vector<store::LaneName>>();
  ChangeCall call = MakeCall({kDeleteTenantMethod, request, "", true}, caller,
                             v1::DeleteTenantResponse::default_instance());
  call.decide = [this, request, lanes](const View& view) -> absl::StatusOr<ChangeSet> {
    const absl::StatusOr<DeletionPlan> plan =
        PlanDeletion(view, options_.repository, options_.tenants, request);
    if (!plan.ok()) return plan.status();
    *lanes = LanesOf(view, request.name());
    ChangeSet set;
    set.answer = std::make_unique<v1::DeleteTenantResponse>(CountsOf(plan->inside));
    return set;
  };
  options_.repository.Change(std::move(call), [this, lanes, done = std::move(done)](
                                                  absl::StatusOr<Answer> answer) mutable {
    if (!answer.ok() || lanes->empty()) return done(std::move(answer));
    options_.describe(std::move(*lanes), [answer = *std::move(answer), done = std::move(done)](
                                             const Statuses& statuses) mutable {
      AddGivenUp(statuses, static_cast<v1::DeleteTenantResponse&>(*answer));
      done(std::move(answer));
    });
  });
}

void TenantDeletions::Begin(const v1::DeleteTenantRequest& request, const Caller& caller,
                            Done done) {
  auto accepted = std::make_shared<Accepted>(Accepted{request, caller, std::move(done)});
  ChangeCall call = MakeCall({kDeleteTenantMethod, request, ""}, caller,
                             v1::DeleteTenantResponse::default_instance());
  call.decide = [this, accepted](const View& view) { return Decide(view, *accepted); };
  options_.repository.Change(std::move(call), [this, accepted](absl::StatusOr<Answer> answer) {
    if (!answer.ok()) return accepted->done(answer.status());
    OnMarked(accepted);
  });
}

absl::StatusOr<ChangeSet> TenantDeletions::Decide(const View& view, Accepted& accepted) const {
  const absl::StatusOr<DeletionPlan> plan =
      PlanDeletion(view, options_.repository, options_.tenants, accepted.request);
  if (!plan.ok()) return plan.status();
  ChangeSet set;
  set.answer = std::make_unique<v1::DeleteTenantResponse>();
  if (!plan->exists) return set;
  const base::WallTime now = options_.clock.Wall();
  accepted.response = CountsOf(plan->inside);
  accepted.total = plan->inside.size();
  accepted.uid =
      plan->tenant.message == nullptr ? NewUid(now) : GetText(*plan->tenant.message, "uid");
  accepted.operation = plan->mark;
  if (plan->mark != nullptr) return set;
  if (absl::Status status = CheckRetirementRoom(view, 1); !status.ok()) return status;
  accepted.operation = MakeDeletion(accepted.request.name(), accepted.caller.principal, now);
  if (plan->inside.size() <= options_.at_once) return Remove(*plan, accepted);
  return Mark(view, *plan, accepted);
}

ChangeSet TenantDeletions::Remove(const DeletionPlan& plan, Accepted& accepted) const {
  accepted.is_gone = true;
  ChangeSet set;
  set.answer = std::make_unique<v1::DeleteTenantResponse>();
  if (plan.tenant.message != nullptr) set.edits.push_back({plan.tenant.name, nullptr, {}});
  for (const Entry& entry : plan.inside) set.edits.push_back({entry.name, nullptr, {}});
  set.edits.push_back(MakeRetirement(plan.tenant.name, accepted.uid,
                                     {.principal = accepted.caller.principal,
                                      .now = options_.clock.Wall(),
                                      .lasts = options_.repository.retirement()}));
  return set;
}

absl::StatusOr<ChangeSet> TenantDeletions::Mark(const View& view, const DeletionPlan& plan,
                                                Accepted& accepted) const {
  const std::shared_ptr<v1::Tenant> tenant =
      MarkedTenant(plan.tenant, accepted.uid, *accepted.operation, options_.clock.Wall());
  absl::StatusOr<Value> value = options_.tenants.Read(*tenant, view, true);
  if (!value.ok()) return value.status();
  accepted.before = {plan.tenant, {accepted.operation->name(), 0, nullptr}};
  ChangeSet set;
  set.answer = std::make_unique<v1::DeleteTenantResponse>();
  set.edits.push_back({tenant->name(), tenant, *std::move(value)});
  set.edits.push_back({accepted.operation->name(), accepted.operation, {}});
  for (const Entry& entry : plan.inside) {
    if (!IsCredential(entry.name)) continue;
    set.edits.push_back({entry.name, nullptr, {}});
    accepted.before.push_back(entry);
    --accepted.total;
  }
  return set;
}

void TenantDeletions::StartOf(const v1::Operation& operation, const std::string& uid,
                              uint64_t total, operations::Operations::Done done) const {
  operations::Operations::Beginning beginning{
      .tenant = operation.target().substr(operation.target().find('/') + 1),
      .operation = operation,
      .request = uid,
      .request_key = "",
      .end = total};
  options_.operations.Start(std::move(beginning), std::move(done));
}

void TenantDeletions::OnMarked(const AcceptedPtr& accepted) {
  if (accepted->operation == nullptr) {
    return accepted->done(std::make_unique<v1::DeleteTenantResponse>());
  }
  options_.on_tokens_changed();
  StartOf(*accepted->operation, accepted->uid, accepted->total,
          [this, accepted](absl::StatusOr<v1::Operation> begun) {
            OnBegun(accepted, std::move(begun));
          });
}

void TenantDeletions::OnBegun(const AcceptedPtr& accepted, absl::StatusOr<v1::Operation> begun) {
  if (!begun.ok() && !accepted->is_gone) return TakeBack(accepted, begun.status());
  EndOthers(*accepted->operation);
  const v1::Operation known = begun.ok() ? *begun : EndedDeletion(*accepted->operation);
  auto answer = [accepted, known](absl::StatusOr<v1::Operation> now) {
    auto response = std::make_unique<v1::DeleteTenantResponse>(accepted->response);
    *response->mutable_operation() = now.ok() ? *std::move(now) : known;
    accepted->done(Answer(std::move(response)));
  };
  if (!begun.ok() || !accepted->is_gone) return answer(known);
  std::chrono::nanoseconds at_most = kAwaited;
  const base::WallTime now = options_.clock.Wall();
  if (accepted->caller.answer_by < now + kAwaited + kForDeletionAnswer) {
    at_most = accepted->caller.answer_by - kForDeletionAnswer - now;
  }
  options_.operations.Wait(known.name(), at_most, std::move(answer));
}

void TenantDeletions::TakeBack(const AcceptedPtr& accepted, absl::Status why) {
  if (accepted->before.empty()) return accepted->done(std::move(why));
  ChangeCall call;
  call.method = kDeleteTenantMethod;
  call.answer_type = &v1::DeleteTenantResponse::default_instance();
  call.trail = TrailOfDeletion(*accepted->operation);
  call.decide = [this, accepted](const View& view) -> absl::StatusOr<ChangeSet> {
    ChangeSet set;
    set.answer = std::make_unique<v1::DeleteTenantResponse>();
    for (const Entry& entry : accepted->before) {
      Edit edit{entry.name, entry.message, {}};
      if (entry.name == accepted->request.name() && entry.message != nullptr) {
        absl::StatusOr<Value> value = options_.tenants.Read(*entry.message, view, true);
        if (!value.ok()) return value.status();
        edit.value = *std::move(value);
      }
      set.edits.push_back(std::move(edit));
    }
    return set;
  };
  // Where that fails, too, the tenant stays marked: the call can be repeated.
  options_.repository.Change(std::move(call), [this, accepted, why = std::move(why)](
                                                  const absl::StatusOr<Answer>&) mutable {
    options_.on_tokens_changed();
    accepted->done(std::move(why));
  });
}

void TenantDeletions::EndOthers(const v1::Operation& operation) {
  const std::string tenant = operation.target().substr(operation.target().find('/') + 1);
  options_.operations.List(tenant, [&operations = options_.operations, own = operation.name()](
                                       const absl::StatusOr<std::vector<v1::Operation>>& all) {
    if (!all.ok()) return;
    for (const v1::Operation& each : *all) {
      if (each.done() || each.name() == own) continue;
      operations.Cancel(each.name(), [](const absl::StatusOr<v1::Operation>&) {});
    }
  });
}

void TenantDeletions::Resume() {
  for (const Entry& entry :
       options_.repository.ListOf(v1::Operation::default_instance(), "tenants/")) {
    const auto mark = std::static_pointer_cast<const v1::Operation>(entry.message);
    options_.operations.Get(mark->name(), [this, mark](const absl::StatusOr<v1::Operation>& known) {
      if (absl::IsNotFound(known.status())) {
        const Entry tenant = options_.repository.Find(mark->target());
        if (tenant.message == nullptr) return;
        const size_t inside = options_.repository.Count(absl::StrCat(mark->target(), "/")) - 1;
        return StartOf(*mark, GetText(*tenant.message, "uid"), inside,
                       [](const absl::StatusOr<v1::Operation>&) {});
      }
      if (!known.ok() || !known->done()) return;
      Release(*mark, TrailOfDeletion(*mark), [](const absl::Status&) {});
    });
  }
}

void TenantDeletions::Release(const v1::Operation& operation, std::shared_ptr<CallTrail> trail,
                              absl::AnyInvocable<void(absl::Status)> done) {
  ChangeCall call;
  call.answer_type = &v1::DeleteTenantResponse::default_instance();
  call.trail = std::move(trail);
  call.decide = [this, mark = operation.name(),
                 name = operation.target()](const View& view) -> absl::StatusOr<ChangeSet> {
    ChangeSet set;
    set.answer = std::make_unique<v1::DeleteTenantResponse>();
    const Entry tenant = view.Find(name);
    if (view.Find(mark).message == nullptr || tenant.message == nullptr) return set;
    auto next = std::make_shared<v1::Tenant>(static_cast<const v1::Tenant&>(*tenant.message));
    next->set_disable_reason(absl::StrCat("its deletion was canceled: ", mark));
    SetTime(*next, "update_time", options_.clock.Wall());
    absl::StatusOr<Value> value = options_.tenants.Read(*next, view, true);
    if (!value.ok()) return value.status();
    set.edits.push_back({name, std::move(next), *std::move(value)});
    set.edits.push_back({mark, nullptr, {}});
    return set;
  };
  options_.repository.Change(
      std::move(call), [done = std::move(done)](const absl::StatusOr<Answer>& answer) mutable {
        done(answer.status());
      });
}

}  // namespace carillon::control
