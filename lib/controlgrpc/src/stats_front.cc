#include <utility>

#include "carillon/control/stats_methods.h"
#include "carillon/v1/stats_service.pb.h"
#include "fronts.h"
#include "service_table.h"

namespace carillon::controlgrpc {

rpc::Guest MakeStatsFront(ControlCalls& calls, const control::StatsMethods& methods,
                          control::SummaryMethods& summary) {
  ServiceTable table("carillon.v1.StatsService", calls);
  using Done = control::Methods::Done;
  table.Change<v1::GetStatsRequest, v1::GetStatsResponse>(
      [&methods](const v1::GetStatsRequest& request, const control::Caller&, Done done) {
        methods.Get(request, std::move(done));
      });
  table.Change<v1::BatchGetStatsRequest, v1::BatchGetStatsResponse>(
      [&methods](const v1::BatchGetStatsRequest& request, const control::Caller&, Done done) {
        methods.BatchGet(request, std::move(done));
      });
  table.ReadLater<v1::GetSummaryRequest, v1::Summary>(
      [&summary](const v1::GetSummaryRequest& request, const control::Caller& caller, Done done) {
        summary.Get(request, caller, std::move(done));
      });
  return std::move(table).Done();
}

}  // namespace carillon::controlgrpc
