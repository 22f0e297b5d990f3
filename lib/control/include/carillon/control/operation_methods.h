#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "carillon/aip/page_token.h"
#include "carillon/base/clock.h"
#include "carillon/control/caller.h"
#include "carillon/control/standard_methods.h"
#include "carillon/operations/operations.h"
#include "carillon/v1/operation.pb.h"

namespace carillon::control {

/// Takes the mark of a deletion that was canceled off its tenant (see TenantDeletions::Release).
using ReleaseTenant =
    std::function<void(const v1::Operation& operation, std::shared_ptr<CallTrail> trail,
                       absl::AnyInvocable<void(absl::Status)> done)>;

/// The methods of OperationService (AIP-151). What requests name was checked to be the caller's.
/// What deletes a tenant is seen only by callers of all tenants, and changed by operators: it
/// outlives the tenant, whose name may be another's then. No call blocks; `done`, once, on any
/// thread, with the response, or an error of carillon/aip/error.h. Thread-safe; what is given
/// outlives it.
class OperationMethods {
 public:
  using Done = Methods::Done;

  OperationMethods(operations::Operations& operations, ReleaseTenant release,
                   const aip::PageTokens& tokens, const base::Clock& clock)
      : operations_(operations), release_(std::move(release)), tokens_(tokens), clock_(clock) {}

  void Get(const v1::GetOperationRequest& request, const Caller& caller, Done done) const;
  void List(const v1::ListOperationsRequest& request, const Caller& caller, Done done) const;
  /// At the latest a moment before the caller's deadline.
  void Wait(const v1::WaitOperationRequest& request, const Caller& caller, Done done) const;
  void Update(const v1::UpdateOperationRequest& request, const Caller& caller, Done done) const;
  /// Of what deletes a tenant: answers when the tenant can be enabled.
  void Cancel(const v1::CancelOperationRequest& request, const Caller& caller, Done done) const;
  void Delete(const v1::DeleteOperationRequest& request, const Caller& caller, Done done) const;

 private:
  /// Does `then` where the caller may change the operation of that name.
  void IfMayChange(const std::string& name, const Caller& caller, Done done,
                   absl::AnyInvocable<void(const v1::Operation&, Done)> then) const;

  operations::Operations& operations_;
  const ReleaseTenant release_;
  const aip::PageTokens& tokens_;
  const base::Clock& clock_;
};

}  // namespace carillon::control
