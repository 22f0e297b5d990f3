#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/control/caller.h"
#include "carillon/control/delivery_access.h"
#include "carillon/control/repeatable_calls.h"
#include "carillon/control/repository.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/standard_methods.h"
#include "carillon/operations/operations.h"
#include "carillon/v1/operation.pb.h"
#include "carillon/v1/tenant_service.pb.h"

namespace carillon::control {

struct DeletionPlan;

/// What deletes tenants works with. All outlive it.
struct TenantDeletionOptions {
  Repository& repository;
  const ResourceType& tenants;  ///< of MakeTenantType
  operations::Operations& operations;
  DescribeDelivery describe;
  const base::Clock& clock;
  /// A tenant that has no more resources goes in one change.
  size_t at_once = 100;
  /// Called when the store has other tokens and portal sessions, before that is answered.
  std::function<void()> on_tokens_changed;
};

/// DeleteTenant: any number of resources, in bounded changes, by an operation of the kind
/// DELETE_TENANT. Of a tenant that has little all goes in one change, and the operation is done at
/// once. Else one change marks the tenant (src/deletion_mark.h), disables it and removes its tokens
/// and portal sessions; from then on nothing is created in it. Then the operation removes what it
/// has, and last the tenant with its mark (src/tenant_deletion_task.h); with that change the name
/// is retired (src/tenant_retirement.h). The mark is what holds: an operation that a crash has kept
/// from beginning begins with the next start. Other operations of the tenant are canceled.
///
/// No call blocks; `done`, once, on any thread, with the response or an error of
/// carillon/aip/error.h. Thread-safe; whatever is under way has been answered before it ends.
class TenantDeletions {
 public:
  using Done = Methods::Done;
  /// How long the call waits until the operation of a tenant that is gone already knows it.
  static constexpr std::chrono::seconds kAwaited{30};

  explicit TenantDeletions(TenantDeletionOptions options)
      : options_(std::move(options)), calls_(options_.repository) {}

  /// TENANT_NOT_EMPTY: it has something, and `force` is not set. READ_ONLY_FILE: the file defines
  /// it, or has something of it. QUOTA_EXCEEDED: too many operations run, and it has too much to go
  /// without; or as many names are retired as may be; nothing is changed.
  void Delete(const v1::DeleteTenantRequest& request, const Caller& caller, Done done);

  /// Begins the operations of tenants that are marked and have none, and takes the marks of those
  /// off whose operation was canceled. Once, after the start.
  void Resume();

  /// Takes the mark of an operation off that has ended before it was through: its tenant stays
  /// disabled, with what it still has, and can be enabled. Once more changes nothing. `trail`: of
  /// whoever wants it.
  void Release(const v1::Operation& operation, std::shared_ptr<CallTrail> trail,
               absl::AnyInvocable<void(absl::Status)> done);

 private:
  struct Accepted;
  using AcceptedPtr = std::shared_ptr<Accepted>;

  void Try(const v1::DeleteTenantRequest& request, const Caller& caller, Done done);
  void Begin(const v1::DeleteTenantRequest& request, const Caller& caller, Done done);
  absl::StatusOr<ChangeSet> Decide(const View& view, Accepted& accepted) const;
  /// The change that marks the tenant, or that removes it with all that it has.
  absl::StatusOr<ChangeSet> Mark(const View& view, const DeletionPlan& plan,
                                 Accepted& accepted) const;
  ChangeSet Remove(const DeletionPlan& plan, Accepted& accepted) const;
  void OnMarked(const AcceptedPtr& accepted);
  void OnBegun(const AcceptedPtr& accepted, absl::StatusOr<v1::Operation> begun);
  /// Puts everything back as it was before the mark.
  void TakeBack(const AcceptedPtr& accepted, absl::Status why);
  /// Cancels what else is under way in the tenant.
  void EndOthers(const v1::Operation& operation);
  /// Begins the operation that deletes the tenant of that uid.
  void StartOf(const v1::Operation& operation, const std::string& uid, uint64_t total,
               operations::Operations::Done done) const;

  const TenantDeletionOptions options_;
  RepeatableCalls calls_;
};

}  // namespace carillon::control
