#include <utility>

#include "carillon/v1/audit_service.pb.h"
#include "fronts.h"
#include "service_table.h"

namespace carillon::controlgrpc {

rpc::Guest MakeAuditFront(ControlCalls& calls, control::AuditMethods& audit) {
  ServiceTable table("carillon.v1.AuditService", calls);
  using Done = control::Methods::Done;
  table.Change<v1::GetAuditEntryRequest, v1::AuditEntry>(
      [&audit](const v1::GetAuditEntryRequest& request, const control::Caller&, Done done) {
        audit.Get(request, std::move(done));
      });
  table.Change<v1::ListAuditEntriesRequest, v1::ListAuditEntriesResponse>(
      [&audit](const v1::ListAuditEntriesRequest& request, const control::Caller& caller,
               Done done) { audit.List(request, caller, std::move(done)); });
  return std::move(table).Done();
}

}  // namespace carillon::controlgrpc
