#include "tenant_deletion_task.h"

#include <google/protobuf/empty.pb.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/v1/tenant.pb.h"
#include "metadata.h"
#include "tenant_retirement.h"

namespace carillon::control {
namespace {

using operations::StepResult;

/// A deletion as far as it has come; held by what is under way.
struct DeletionPlace {
  const v1::Operation operation;
  const std::string uid;  // of the tenant
  uint64_t cursor;
  uint64_t end;
  bool finished = false;

  const std::string& tenant() const { return operation.target(); }
};
using DeletionPlacePtr = std::shared_ptr<DeletionPlace>;

/// Its mark is gone: it was the last step, and the process ended before that was written down; or
/// the tenant was given back.
absl::StatusOr<ChangeSet> WithoutMark(DeletionPlace& place, const View& view) {
  const Entry entry = view.Find(place.tenant());
  if (entry.message != nullptr && GetText(*entry.message, "uid") == place.uid) {
    return absl::CancelledError("it was canceled");
  }
  place.cursor = place.end;
  place.finished = true;
  ChangeSet set;
  set.answer = std::make_unique<google::protobuf::Empty>();
  return set;
}

/// The names of collections ascend: from the end of the list subscriptions come before the
/// destinations that they name.
absl::StatusOr<ChangeSet> DecideStep(DeletionPlace& place, size_t most, const View& view,
                                     const Retirement& retirement) {
  const std::string& mark = place.operation.name();
  if (view.Find(mark).message == nullptr) return WithoutMark(place, view);
  const std::string inside = absl::StrCat(place.tenant(), "/");
  ChangeSet set;
  for (const Entry& entry : view.Last(inside, most + 1)) {
    if (entry.name != mark && set.edits.size() < most)
      set.edits.push_back({entry.name, nullptr, {}});
  }
  const size_t left = view.Count(inside) - 1 - set.edits.size();
  place.cursor = std::max<uint64_t>(place.cursor, place.end - std::min<uint64_t>(place.end, left));
  place.finished = left == 0;
  if (place.finished) {
    set.edits.push_back({mark, nullptr, {}});
    set.edits.push_back({place.tenant(), nullptr, {}});
    set.edits.push_back(MakeRetirement(place.tenant(), place.uid, retirement));
  }
  set.answer = std::make_unique<google::protobuf::Empty>();
  return set;
}

/// As operations know it: what can be tried again is tried again.
absl::Status ToStepStatus(const absl::Status& status) {
  if (status.ok() || absl::IsResourceExhausted(status) || absl::IsCancelled(status)) return status;
  return absl::UnavailableError(status.message());
}

class TenantDeletionTask final : public operations::Task {
 public:
  TenantDeletionTask(const operations::StoredOperation& stored, Repository& repository,
                     const base::Clock& clock)
      : repository_(repository),
        clock_(clock),
        place_(std::make_shared<DeletionPlace>(
            DeletionPlace{stored.operation, stored.request, stored.cursor, stored.end})) {}

  void Step(size_t most, absl::AnyInvocable<void(StepResult)> done) override {
    ChangeCall call;
    call.principal = place_->operation.principal();
    call.method = kDeleteTenantMethod;
    call.answer_type = &google::protobuf::Empty::default_instance();
    call.sets_version = false;
    call.trail = TrailOfDeletion(place_->operation);
    // What is decided counts only once it is in force.
    auto next = std::make_shared<DeletionPlace>(*place_);
    call.decide = [next, most = std::min(most, kDeletedAtOnce),
                   retirement = Retirement{.principal = call.principal,
                                           .now = clock_.Wall(),
                                           .lasts = repository_.retirement()}](const View& view) {
      return DecideStep(*next, most, view, retirement);
    };
    repository_.Change(std::move(call), [place = place_, next, done = std::move(done)](
                                            const absl::StatusOr<Answer>& answer) mutable {
      const uint64_t before = place->cursor;
      if (answer.ok()) place->cursor = next->cursor;
      const auto gone = static_cast<int64_t>(place->cursor - before);
      done({.status = ToStepStatus(answer.status()),
            .cursor = place->cursor,
            .end = place->end,
            .scanned = gone,
            .matched = gone,
            .processed = gone,
            .progress = static_cast<double>(place->cursor) /
                        static_cast<double>(std::max<uint64_t>(place->end, 1)),
            .finished = answer.ok() && next->finished});
    });
  }

 private:
  Repository& repository_;
  const base::Clock& clock_;
  const DeletionPlacePtr place_;
};

}  // namespace

std::shared_ptr<CallTrail> TrailOfDeletion(const v1::Operation& operation) {
  auto trail = std::make_shared<CallTrail>();
  trail->principal = operation.principal();
  trail->method = kDeleteTenantMethod;
  trail->resource = operation.target();
  trail->reason = absl::StrCat("by ", operation.name());
  trail->changes = true;
  return trail;
}

absl::StatusOr<std::unique_ptr<operations::Task>> MakeTenantDeletion(
    const operations::StoredOperation& stored, Repository& repository, const base::Clock& clock) {
  if (stored.operation.target().empty() || stored.request.empty()) {
    return absl::InvalidArgumentError("its request cannot be read");
  }
  return std::make_unique<TenantDeletionTask>(stored, repository, clock);
}

}  // namespace carillon::control
