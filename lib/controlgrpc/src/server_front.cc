#include <memory>
#include <utility>

#include "carillon/control/type_descriptions.h"
#include "carillon/v1/server_service.pb.h"
#include "fronts.h"
#include "service_table.h"

namespace carillon::controlgrpc {

rpc::Guest MakeServerFront(ControlCalls& calls, const control::ServerFacts& facts,
                           control::Repository& repository) {
  ServiceTable table("carillon.v1.ServerService", calls);
  table.Read<v1::GetServerInfoRequest, v1::ServerInfo>(
      [&facts, &repository](const v1::GetServerInfoRequest&, const control::Caller&,
                            v1::ServerInfo& response) {
        response = facts.Info(repository.revision());
        return absl::OkStatus();
      });
  table.Read<v1::GetSettingsRequest, v1::Config>(
      [&facts](const v1::GetSettingsRequest&, const control::Caller&, v1::Config& response) {
        response = *facts.settings();
        return absl::OkStatus();
      });
  table.Read<v1::GetSettingSourcesRequest, v1::SettingSources>(
      [&facts](const v1::GetSettingSourcesRequest&, const control::Caller&,
               v1::SettingSources& response) {
        response = *facts.sources();
        return absl::OkStatus();
      });
  table.Read<v1::DescribeTypeRequest, v1::DescribeTypeResponse>(
      [types = std::make_shared<const control::TypeDescriptions>()](
          const v1::DescribeTypeRequest& request, const control::Caller&,
          v1::DescribeTypeResponse& response) {
        auto described = types->Describe(request.type());
        if (described.ok()) response = *std::move(described);
        return described.status();
      });
  table.Change<v1::RewrapSecretsRequest, v1::RewrapSecretsResponse>(
      [&repository](const v1::RewrapSecretsRequest& request, const control::Caller&, auto done) {
        repository.RewrapSecrets(
            request.validate_only(),
            [done = std::move(done)](absl::StatusOr<control::Repository::Rewrapped> found) mutable {
              if (!found.ok()) return done(found.status());
              auto response = std::make_unique<v1::RewrapSecretsResponse>();
              response->set_sealed_count(static_cast<int64_t>(found->sealed));
              response->set_rewrapped_count(static_cast<int64_t>(found->rewrapped));
              done(std::move(response));
            });
      });
  return std::move(table).Done();
}

}  // namespace carillon::controlgrpc
