#include <utility>

#include "carillon/v1/notice_service.pb.h"
#include "fronts.h"
#include "service_table.h"

namespace carillon::controlgrpc {

rpc::Guest MakeNoticeFront(ControlCalls& calls, const control::NoticeMethods& notices) {
  ServiceTable table("carillon.v1.NoticeService", calls);
  table.Read<v1::GetNoticeRequest, v1::Notice>(
      [&notices](const v1::GetNoticeRequest& request, const control::Caller& caller,
                 v1::Notice& notice) { return notices.Get(request, caller, notice); });
  table.Read<v1::ListNoticesRequest, v1::ListNoticesResponse>(
      [&notices](const v1::ListNoticesRequest& request, const control::Caller& caller,
                 v1::ListNoticesResponse& response) {
        return notices.List(request, caller, response);
      });
  return std::move(table).Done();
}

}  // namespace carillon::controlgrpc
