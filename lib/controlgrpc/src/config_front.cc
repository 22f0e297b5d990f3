#include <utility>

#include "carillon/v1/config_service.pb.h"
#include "fronts.h"
#include "service_table.h"

namespace carillon::controlgrpc {

rpc::Guest MakeConfigFront(ControlCalls& calls, control::ConfigMethods& config) {
  ServiceTable table("carillon.v1.ConfigService", calls);
  table.Change<v1::ApplyConfigRequest, v1::ApplyConfigResponse>(
      [&config](const v1::ApplyConfigRequest& request, const control::Caller& caller,
                control::Methods::Done done) { config.Apply(request, caller, std::move(done)); });
  table.Read<v1::ExportConfigRequest, v1::ExportConfigResponse>(
      [&config](const v1::ExportConfigRequest& request, const control::Caller& caller,
                v1::ExportConfigResponse& response) {
        absl::StatusOr<v1::ExportConfigResponse> exported = config.Export(request, caller);
        if (exported.ok()) response = *std::move(exported);
        return exported.status();
      });
  return std::move(table).Done();
}

}  // namespace carillon::controlgrpc
