#include <memory>
#include <utility>
#include <vector>

#include "carillon/v1/destination_service.pb.h"
#include "fronts.h"
#include "standard_fronts.h"

namespace carillon::controlgrpc {
namespace {

/// What went with a destination.
control::Answer DescribeDeletion(const std::vector<control::Edit>& edits) {
  auto answer = std::make_unique<v1::DeleteDestinationResponse>();
  for (size_t i = 1; i < edits.size(); ++i) {
    if (edits[i].message == nullptr) {
      answer->add_deleted_subscriptions(edits[i].name);
    } else {
      answer->add_changed_subscriptions(edits[i].name);
    }
  }
  return answer;
}

void AddReading(ServiceTable& table, control::DestinationReader& reader) {
  table.ReadLater<v1::GetDestinationRequest, v1::Destination>(
      [&reader](const v1::GetDestinationRequest& request, const control::Caller&, auto done) {
        reader.Get(request.name(), std::move(done));
      });
  table.ReadLater<v1::ListDestinationsRequest, v1::ListDestinationsResponse>(
      [&reader](const v1::ListDestinationsRequest& request, const control::Caller& caller,
                control::Methods::Done done) {
        reader.List(ToList(request), caller,
                    [done = std::move(done)](absl::StatusOr<control::Page> page) mutable {
                      auto response = std::make_unique<v1::ListDestinationsResponse>();
                      absl::Status status = Take(std::move(page), "destinations", *response);
                      if (!status.ok()) return done(std::move(status));
                      done(std::move(response));
                    });
      });
}

}  // namespace

rpc::Guest MakeDestinationFront(ControlCalls& calls, const DestinationParts& parts) {
  ServiceTable table("carillon.v1.DestinationService", calls);
  control::Methods& methods = parts.methods;
  AddReading(table, parts.reader);
  AddCreate(table, methods, &v1::CreateDestinationRequest::destination_id,
            &v1::CreateDestinationRequest::destination);
  AddUpdate(table, methods, &v1::UpdateDestinationRequest::destination);
  table.Change<v1::DeleteDestinationRequest, v1::DeleteDestinationResponse>(
      [&methods, &counter = parts.counter](const v1::DeleteDestinationRequest& request,
                                           const control::Caller& caller,
                                           control::Methods::Done done) {
        if (request.validate_only()) done = counter.Then(request.name(), std::move(done));
        methods.Delete(ToChange(request), caller, ToDeletion(request), &DescribeDeletion,
                       std::move(done));
      });
  table.Change<v1::EnableDestinationRequest, v1::Destination>(
      [&states = parts.states](const v1::EnableDestinationRequest& request,
                               const control::Caller& caller,
                               auto done) { states.Enable(request, caller, std::move(done)); });
  table.Change<v1::DisableDestinationRequest, v1::Destination>(
      [&states = parts.states](const v1::DisableDestinationRequest& request,
                               const control::Caller& caller,
                               auto done) { states.Disable(request, caller, std::move(done)); });
  table.Change<v1::PauseDestinationRequest, v1::Destination>(
      [&states = parts.states](const v1::PauseDestinationRequest& request,
                               const control::Caller& caller,
                               auto done) { states.Pause(request, caller, std::move(done)); });
  table.Change<v1::ResumeDestinationRequest, v1::Destination>(
      [&states = parts.states](const v1::ResumeDestinationRequest& request,
                               const control::Caller& caller,
                               auto done) { states.Resume(request, caller, std::move(done)); });
  table.Change<v1::ReleaseDestinationRequest, v1::ReleaseDestinationResponse>(
      [&states = parts.states](const v1::ReleaseDestinationRequest& request,
                               const control::Caller& caller,
                               auto done) { states.Release(request, caller, std::move(done)); });
  table.Change<v1::TestDestinationRequest, v1::TestDestinationResponse>(
      [&tester = parts.tester](const v1::TestDestinationRequest& request,
                               const control::Caller& caller,
                               auto done) { tester.Test(request, caller, std::move(done)); });
  table.ReadLater<v1::CheckUrlRequest, v1::CheckUrlResponse>(
      [&urls = parts.urls](const v1::CheckUrlRequest& request, const control::Caller& caller,
                           auto done) { urls.Check(request, caller, std::move(done)); });
  return std::move(table).Done();
}

}  // namespace carillon::controlgrpc
