#pragma once

#include "carillon/aip/page_token.h"
#include "carillon/base/clock.h"
#include "carillon/control/caller.h"
#include "carillon/control/standard_methods.h"
#include "carillon/operations/operations.h"
#include "carillon/v1/operation.pb.h"

namespace carillon::control {

/// The methods of OperationService (AIP-151). What requests name was checked to be the caller's. No
/// call blocks; `done`, once, on any thread, with the response, or an error of
/// carillon/aip/error.h. Thread-safe; what is given outlives it.
class OperationMethods {
 public:
  using Done = Methods::Done;

  OperationMethods(operations::Operations& operations, const aip::PageTokens& tokens,
                   const base::Clock& clock)
      : operations_(operations), tokens_(tokens), clock_(clock) {}

  void Get(const v1::GetOperationRequest& request, Done done) const;
  void List(const v1::ListOperationsRequest& request, const Caller& caller, Done done) const;
  /// At the latest a moment before the caller's deadline.
  void Wait(const v1::WaitOperationRequest& request, const Caller& caller, Done done) const;
  void Update(const v1::UpdateOperationRequest& request, Done done) const;
  void Cancel(const v1::CancelOperationRequest& request, Done done) const;
  void Delete(const v1::DeleteOperationRequest& request, Done done) const;

 private:
  operations::Operations& operations_;
  const aip::PageTokens& tokens_;
  const base::Clock& clock_;
};

}  // namespace carillon::control
