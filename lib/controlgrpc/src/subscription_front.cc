#include <utility>

#include "carillon/v1/subscription_service.pb.h"
#include "fronts.h"
#include "standard_fronts.h"

namespace carillon::controlgrpc {

rpc::Guest MakeSubscriptionFront(ControlCalls& calls, control::Methods& methods,
                                 control::SubscriptionPreview& preview) {
  ServiceTable table("carillon.v1.SubscriptionService", calls);
  AddGet<v1::GetSubscriptionRequest, v1::Subscription>(table, methods);
  AddList<v1::ListSubscriptionsRequest, v1::ListSubscriptionsResponse>(table, methods,
                                                                       "subscriptions");
  AddCreate(table, methods, &v1::CreateSubscriptionRequest::subscription_id,
            &v1::CreateSubscriptionRequest::subscription);
  AddUpdate(table, methods, &v1::UpdateSubscriptionRequest::subscription);
  AddDelete<v1::DeleteSubscriptionRequest, google::protobuf::Empty>(table, methods,
                                                                    &DescribeNothing);
  table.ReadLater<v1::PreviewSubscriptionRequest, v1::PreviewSubscriptionResponse>(
      [&preview](const v1::PreviewSubscriptionRequest& request, const control::Caller&, auto done) {
        preview.Preview(request, std::move(done));
      });
  return std::move(table).Done();
}

}  // namespace carillon::controlgrpc
