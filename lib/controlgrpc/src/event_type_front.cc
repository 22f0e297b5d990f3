#include <google/protobuf/empty.pb.h>

#include <string>
#include <utility>

#include "carillon/aip/page_token.h"
#include "carillon/control/standard_methods.h"
#include "carillon/v1/event_type_service.pb.h"
#include "fronts.h"
#include "standard_fronts.h"

namespace carillon::controlgrpc {
namespace {

constexpr size_t kMaxFull = 50;  // of a page with all that event types have

/// Without what takes much room.
void Shorten(v1::EventType& type) {
  type.clear_sample();
  if (type.has_protobuf()) type.mutable_protobuf()->clear_descriptor_set();
  if (type.has_json_schema()) type.mutable_json_schema()->clear_schema();
}

absl::Status Get(const control::Methods& methods, const v1::GetEventTypeRequest& request,
                 v1::EventType& type) {
  absl::Status status = Take(methods.Get(request.name()), type);
  if (status.ok() && request.view() == v1::EVENT_TYPE_VIEW_BASIC) Shorten(type);
  return status;
}

/// Lists have summaries; what else there is to see is added to those of the page.
absl::Status List(const control::Methods& methods, const v1::ListEventTypesRequest& request,
                  const control::Caller& caller, v1::ListEventTypesResponse& response) {
  control::ListRequest list = ToList(request);
  const bool full = request.view() == v1::EVENT_TYPE_VIEW_FULL;
  if (full) {
    const auto size = aip::PageSize(request.page_size(), kMaxFull, kMaxFull);
    if (!size.ok()) return size.status();
    list.page_size = static_cast<int32_t>(*size);
  }
  absl::Status status = Take(methods.List(list, caller), "event_types", response);
  if (!status.ok() || !full) return status;
  for (v1::EventType& type : *response.mutable_event_types()) {
    // One that was deleted meanwhile stays as it was listed.
    v1::EventType whole;
    if (Take(methods.Get(type.name()), whole).ok()) type.Swap(&whole);
  }
  return status;
}

/// Archives, or the way back.
template <typename Request>
void AddStateChange(ServiceTable& table, control::Methods& methods, v1::EventType::State state) {
  table.Change<Request, v1::EventType>([&methods, state](const Request& request,
                                                         const control::Caller& caller,
                                                         control::Methods::Done done) {
    methods.Modify(
        {MethodName(request), request, request.request_id()}, caller, request.name(),
        request.etag(),
        [state](google::protobuf::Message& type) {
          static_cast<v1::EventType&>(type).set_state(state);
          return absl::OkStatus();
        },
        std::move(done));
  });
}

}  // namespace

rpc::Guest MakeEventTypeFront(ControlCalls& calls, control::Methods& methods,
                              control::EventTypeImport& import,
                              const control::MemberSuggestions& suggestions) {
  ServiceTable table("carillon.v1.EventTypeService", calls);
  table.Read<v1::GetEventTypeRequest, v1::EventType>(
      [&methods](const v1::GetEventTypeRequest& request, const control::Caller&,
                 v1::EventType& type) { return Get(methods, request, type); });
  table.Read<v1::ListEventTypesRequest, v1::ListEventTypesResponse>(
      [&methods](const v1::ListEventTypesRequest& request, const control::Caller& caller,
                 v1::ListEventTypesResponse& response) {
        return List(methods, request, caller, response);
      });
  AddCreate<v1::CreateEventTypeRequest, v1::EventType>(table, methods,
                                                       &v1::CreateEventTypeRequest::event_type_id,
                                                       &v1::CreateEventTypeRequest::event_type);
  AddUpdate<v1::UpdateEventTypeRequest, v1::EventType>(table, methods,
                                                       &v1::UpdateEventTypeRequest::event_type);
  AddDelete<v1::DeleteEventTypeRequest, google::protobuf::Empty>(table, methods, DescribeNothing);
  AddStateChange<v1::ArchiveEventTypeRequest>(table, methods, v1::EventType::ARCHIVED);
  AddStateChange<v1::UnarchiveEventTypeRequest>(table, methods, v1::EventType::ACTIVE);
  table.Read<v1::SuggestMembersRequest, v1::SuggestMembersResponse>(
      [&suggestions](const v1::SuggestMembersRequest& request, const control::Caller&,
                     v1::SuggestMembersResponse& response) {
        return suggestions.Suggest(request, response);
      });
  table.Change<v1::ImportEventTypesRequest, v1::ImportEventTypesResponse>(
      [&import](const v1::ImportEventTypesRequest& request, const control::Caller& caller,
                auto done) { import.Import(request, caller, std::move(done)); });
  return std::move(table).Done();
}

}  // namespace carillon::controlgrpc
