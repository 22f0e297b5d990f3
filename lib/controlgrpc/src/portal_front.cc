#include <google/protobuf/empty.pb.h>

#include <utility>

#include "carillon/v1/portal_service.pb.h"
#include "fronts.h"
#include "service_table.h"
#include "standard_requests.h"

namespace carillon::controlgrpc {

rpc::Guest MakePortalFront(ControlCalls& calls, control::PortalMethods& portals) {
  ServiceTable table("carillon.v1.PortalService", calls);
  table.Read<v1::GetPortalSessionRequest, v1::PortalSession>(
      [&portals](const v1::GetPortalSessionRequest& request, const control::Caller&,
                 v1::PortalSession& response) {
        return Take(portals.Get(request.name()), response);
      });
  table.Read<v1::ListPortalSessionsRequest, v1::ListPortalSessionsResponse>(
      [&portals](const v1::ListPortalSessionsRequest& request, const control::Caller& caller,
                 v1::ListPortalSessionsResponse& response) {
        return Take(portals.List(ToList(request), caller), "portal_sessions", response);
      });
  table.Change<v1::CreatePortalSessionRequest, v1::PortalSession>(
      [&portals](const v1::CreatePortalSessionRequest& request, const control::Caller& caller,
                 auto done) { portals.Create(request, caller, std::move(done)); });
  table.Change<v1::DeletePortalSessionRequest, google::protobuf::Empty>(
      [&portals](const v1::DeletePortalSessionRequest& request, const control::Caller& caller,
                 auto done) { portals.Delete(request, caller, std::move(done)); });
  table.Change<v1::OpenPortalSessionRequest, v1::OpenPortalSessionResponse>(
      [&portals](const v1::OpenPortalSessionRequest& request, const control::Caller& caller,
                 auto done) { portals.Open(request, caller, std::move(done)); });
  return std::move(table).Done();
}

}  // namespace carillon::controlgrpc
