#include <google/protobuf/empty.pb.h>

#include <utility>

#include "carillon/control/operation_methods.h"
#include "carillon/v1/operation.pb.h"
#include "fronts.h"
#include "service_table.h"

namespace carillon::controlgrpc {

rpc::Guest MakeOperationFront(ControlCalls& calls, const control::OperationMethods& methods) {
  ServiceTable table("carillon.v1.OperationService", calls);
  using Done = control::Methods::Done;
  table.Change<v1::GetOperationRequest, v1::Operation>(
      [&methods](const v1::GetOperationRequest& request, const control::Caller& caller, Done done) {
        methods.Get(request, caller, std::move(done));
      });
  table.Change<v1::ListOperationsRequest, v1::ListOperationsResponse>(
      [&methods](const v1::ListOperationsRequest& request, const control::Caller& caller,
                 Done done) { methods.List(request, caller, std::move(done)); });
  table.Change<v1::WaitOperationRequest, v1::Operation>(
      [&methods](const v1::WaitOperationRequest& request, const control::Caller& caller,
                 Done done) { methods.Wait(request, caller, std::move(done)); });
  table.Change<v1::UpdateOperationRequest, v1::Operation>(
      [&methods](const v1::UpdateOperationRequest& request, const control::Caller& caller,
                 Done done) { methods.Update(request, caller, std::move(done)); });
  table.Change<v1::CancelOperationRequest, v1::Operation>(
      [&methods](const v1::CancelOperationRequest& request, const control::Caller& caller,
                 Done done) { methods.Cancel(request, caller, std::move(done)); });
  table.Change<v1::DeleteOperationRequest, google::protobuf::Empty>(
      [&methods](const v1::DeleteOperationRequest& request, const control::Caller& caller,
                 Done done) { methods.Delete(request, caller, std::move(done)); });
  return std::move(table).Done();
}

}  // namespace carillon::controlgrpc
