#include "carillon/control/resend_methods.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/aip/resource_name.h"
#include "change_call.h"
#include "delivery_count.h"
#include "delivery_lookup.h"
#include "delivery_messages.h"
#include "purge_selection.h"
#include "rate_field.h"
#include "replay_count.h"
#include "resend_task.h"

namespace carillon::control {
namespace {

using deliverylog::Record;

constexpr char kResend[] = "carillon.v1.DeliveryService/ResendDelivery";
constexpr char kResendAll[] = "carillon.v1.DeliveryService/ResendDeliveries";
constexpr char kPurge[] = "carillon.v1.DeliveryService/PurgeDeliveries";
constexpr char kReplay[] = "carillon.v1.DeliveryService/ReplayEvents";
const aip::NamePattern kOneDelivery(
    "tenants/{tenant}/destinations/{destination}/deliveries/{delivery}");

absl::Status NotNow(const std::string& name, const std::string& why, const std::string& todo) {
  return aip::FailedPrecondition(v1::STATE_CONFLICT, absl::StrCat(name, " ", why),
                                 {{"STATE_CONFLICT", name, todo}});
}

absl::Status OnItsWay(const std::string& name) {
  return NotNow(name, "is on its way", "wait for the end of its attempt");
}

absl::Status Expired(const std::string& name) {
  return aip::FailedPrecondition(
      v1::EVENT_EXPIRED, absl::StrCat("the journal has removed the event of ", name),
      {{"EVENT_EXPIRED", name, "publish the event again, with another id"}});
}

/// What those who deliver said of `name`, in the API's words.
absl::Status ResendError(const std::string& name, const absl::Status& status) {
  if (absl::IsNotFound(status)) {
    return aip::NotFound("carillon/Destination", name.substr(0, name.rfind("/deliveries/")));
  }
  if (absl::IsFailedPrecondition(status)) {
    return NotNow(name, absl::StrCat("is not sent: ", status.message()),
                  "enable the destination, or let it keep its deliveries (disabling.deliveries)");
  }
  absl::Status failed = aip::MakeError(
      v1::STORE_UNAVAILABLE,
      absl::StrCat("it is not known whether this was done: ", status.message(), "; ask again"));
  aip::AddRetry(failed, std::chrono::seconds(1));
  return failed;
}

/// The delivery as it is from now on.
Answer WaitsNow(const Record& record, base::WallTime now) {
  auto delivery = std::make_unique<v1::Delivery>(ToDelivery(record));
  delivery->set_state(v1::Delivery::SCHEDULED);
  delivery->clear_end_time();
  delivery->clear_message();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  delivery->mutable_next_attempt_time()->set_seconds(seconds.time_since_epoch().count());
  delivery->mutable_next_attempt_time()->set_nanos(static_cast<int32_t>((now - seconds).count()));
  return delivery;
}

/// It was purged, and not made again since.
bool IsForgotten(const Record& record) {
  return record.figures.state == deliverylog::State::kPurged;
}

/// One delivery that is being sent again.
struct OneResend {
  const operations::DeliveryTools& tools;
  const base::Clock& clock;
  std::string name;
  std::vector<std::string> ids;
  Record record;  // of its last attempt
  Methods::Done done;
};
using OneResendPtr = std::shared_ptr<OneResend>;

void OnResent(const OneResendPtr& one, const absl::StatusOr<size_t>& taken) {
  if (!taken.ok()) return one->done(ResendError(one->name, taken.status()));
  if (*taken == 0) return one->done(OnItsWay(one->name));
  one->done(WaitsNow(one->record, one->clock.Wall()));
}

void OnEvent(const OneResendPtr& one, const store::EventBatch& batch) {
  const deliverylog::Figures& figures = one->record.figures;
  const bool there = !batch.events.empty() && batch.events.front()->position() == figures.position;
  if (!there) return one->done(Expired(one->name));
  delivery::ResendOrder order{.tenant = one->ids[0], .name = one->ids[1]};
  order.items.push_back({.position = figures.position,
                         .bytes = batch.events.front()->record().size(),
                         .earlier = figures.number,
                         .due = {}});
  if (figures.state == deliverylog::State::kScheduled) order.items.front().due = figures.next;
  one->tools.resend(std::move(order),
                    [one](const absl::StatusOr<size_t>& taken) { OnResent(one, taken); });
}

void OnRecord(const OneResendPtr& one, absl::StatusOr<deliverylog::Page> page) {
  if (!page.ok()) return one->done(DeliveryLogError(page.status()));
  if (page->records.empty() || IsForgotten(page->records.front())) {
    return one->done(aip::NotFound("carillon/Delivery", one->name));
  }
  one->record = std::move(page->records.front());
  if (one->record.figures.state == deliverylog::State::kQueued) {
    return one->done(OnItsWay(one->name));
  }
  one->tools.events.Read(one->record.figures.position, 1,
                         [one](const store::EventBatchPtr& batch) { OnEvent(one, *batch); });
}

/// What an operation on `target`, which is in a tenant, begins with.
template <typename Request>
operations::Operations::Beginning BeginningOf(v1::Operation::Kind kind, const char* method,
                                              const std::string& target, const Request& request,
                                              const Caller& caller) {
  constexpr size_t kTenantAt = 8;  // behind `tenants/`
  operations::Operations::Beginning beginning{
      .tenant = target.substr(kTenantAt, target.find('/', kTenantAt) - kTenantAt),
      .request = request.SerializeAsString()};
  beginning.operation.set_kind(kind);
  beginning.operation.set_target(target);
  beginning.operation.set_principal(caller.principal);
  if constexpr (requires { request.max_rate(); }) {
    if (request.has_max_rate()) beginning.operation.set_max_rate(request.max_rate());
  }
  if (!request.request_id().empty()) {
    beginning.request_key =
        absl::StrCat(caller.principal, "\n", method, "\n", request.request_id());
  }
  return beginning;
}

/// The operation as the response to the call that began it.
template <typename Response>
operations::Operations::Done AsResponse(Methods::Done done) {
  return [done = std::move(done)](absl::StatusOr<v1::Operation> operation) mutable {
    if (!operation.ok()) return done(operation.status());
    auto response = std::make_unique<Response>();
    *response->mutable_operation() = *std::move(operation);
    done(Answer(std::move(response)));
  };
}

/// What would be done, as the response to a call that only validates.
template <typename Response>
absl::AnyInvocable<void(absl::StatusOr<DeliveryCount>)> AsDryRun(Methods::Done done) {
  return [done = std::move(done)](absl::StatusOr<DeliveryCount> counted) mutable {
    if (!counted.ok()) return done(counted.status());
    auto response = std::make_unique<Response>();
    response->set_matched_count(counted->count);
    response->set_estimated(counted->more);
    for (std::string& name : counted->sample) response->add_sample(std::move(name));
    done(Answer(std::move(response)));
  };
}

}  // namespace

void ResendMethods::Resend(const v1::ResendDeliveryRequest& request, const Caller& caller,
                           Done done) {
  if (absl::Status status = CheckRequestId(request.request_id()); !status.ok()) {
    return done(std::move(status));
  }
  ChangeCall call = MakeCall({kResend, request, request.request_id(), false}, caller,
                             v1::Delivery::default_instance());
  calls_.Run(
      std::move(call),
      [this, name = request.name()](Done answered) { ResendNow(name, std::move(answered)); },
      std::move(done));
}

void ResendMethods::ResendNow(const std::string& name, Done done) {
  if (tools_.log == nullptr) return done(DeliveryLogIsOff());
  std::optional<std::vector<std::string>> ids = kOneDelivery.Match(name);
  if (!ids) return done(aip::BadField("name", "PATTERN", "must be " + kOneDelivery.ToString()));
  const std::optional<uint64_t> position = ToNumber(ids->back());
  if (!position) return done(aip::NotFound("carillon/Delivery", name));
  deliverylog::Query query;
  query.tenant = ids->front();
  query.destination = (*ids)[1];
  query.position = *position;
  query.limit = 1;
  query.max_time = std::chrono::seconds(1);
  query.marks = true;
  auto one = std::make_shared<OneResend>(OneResend{.tools = tools_,
                                                   .clock = clock_,
                                                   .name = name,
                                                   .ids = *std::move(ids),
                                                   .record = {},
                                                   .done = std::move(done)});
  tools_.log->Find(std::move(query), [one](absl::StatusOr<deliverylog::Page> page) {
    OnRecord(one, std::move(page));
  });
}

void ResendMethods::ResendAll(const v1::ResendDeliveriesRequest& request, const Caller& caller,
                              Done done) {
  if (tools_.log == nullptr) return done(DeliveryLogIsOff());
  absl::StatusOr<deliverylog::Query> query = DeliveriesOf(request.parent(), request.filter());
  if (!query.ok()) return done(query.status());
  absl::Status status = CheckRequestId(request.request_id());
  if (status.ok() && request.has_max_rate()) status = CheckRate("max_rate", request.max_rate());
  if (!status.ok()) return done(std::move(status));
  if (request.validate_only()) {
    return CountDeliveries(*std::move(query), *tools_.log,
                           AsDryRun<v1::ResendDeliveriesResponse>(std::move(done)));
  }
  ChangeCall call = MakeCall({kResendAll, request, request.request_id(), false}, caller,
                             v1::ResendDeliveriesResponse::default_instance());
  calls_.Run(
      std::move(call),
      [this, request, caller](Done answered) {
        operations::Operations::Beginning beginning =
            BeginningOf(v1::Operation::RESEND, kResendAll, request.parent(), request, caller);
        operations_.Start(std::move(beginning),
                          AsResponse<v1::ResendDeliveriesResponse>(std::move(answered)));
      },
      std::move(done));
}

void ResendMethods::PurgeAll(const v1::PurgeDeliveriesRequest& request, const Caller& caller,
                             Done done) {
  absl::StatusOr<PurgeSelection> selection = SelectionOf(request);
  if (!selection.ok()) return done(selection.status());
  // What waits is known without it.
  if (tools_.log == nullptr && selection->waiting == nullptr) return done(DeliveryLogIsOff());
  absl::Status status = CheckRequestId(request.request_id());
  if (!status.ok()) return done(std::move(status));
  // What is accepted from now on is not meant.
  const uint64_t end = tools_.events.log_stats().last_position + 1;
  if (request.validate_only()) {
    return CountPurge(*std::move(selection), end, tools_,
                      AsDryRun<v1::PurgeDeliveriesResponse>(std::move(done)));
  }
  ChangeCall call = MakeCall({kPurge, request, request.request_id(), false}, caller,
                             v1::PurgeDeliveriesResponse::default_instance());
  calls_.Run(
      std::move(call),
      [this, request, caller, end](Done answered) {
        operations::Operations::Beginning beginning =
            BeginningOf(v1::Operation::PURGE, kPurge, request.parent(), request, caller);
        beginning.end = end;
        operations_.Start(std::move(beginning),
                          AsResponse<v1::PurgeDeliveriesResponse>(std::move(answered)));
      },
      std::move(done));
}

void ResendMethods::Replay(const v1::ReplayEventsRequest& request, const Caller& caller,
                           Done done) {
  absl::StatusOr<operations::EventSelection> selection =
      operations::SelectionOf(request, tools_.routes);
  if (!selection.ok()) return done(selection.status());
  if (request.selection() == v1::ReplayEventsRequest::MISSING && tools_.log == nullptr) {
    return done(DeliveryLogIsOff());
  }
  if (!v1::ReplayEventsRequest::Selection_IsValid(request.selection())) {
    return done(aip::BadField("selection", "UNKNOWN", "must be SUBSCRIBED, MISSING or ALL"));
  }
  absl::Status status = CheckRequestId(request.request_id());
  if (status.ok() && request.has_max_rate()) status = CheckRate("max_rate", request.max_rate());
  if (!status.ok()) return done(std::move(status));
  // What is accepted from now on is not meant.
  const uint64_t end = tools_.events.log_stats().last_position + 1;
  if (request.validate_only()) {
    return CountReplay(request, *std::move(selection), end, tools_, std::move(done));
  }
  ChangeCall call = MakeCall({kReplay, request, request.request_id(), false}, caller,
                             v1::ReplayEventsResponse::default_instance());
  calls_.Run(
      std::move(call),
      [this, request, caller, end](Done answered) {
        operations::Operations::Beginning beginning =
            BeginningOf(v1::Operation::REPLAY, kReplay, request.destination(), request, caller);
        beginning.end = end;
        operations_.Start(std::move(beginning),
                          AsResponse<v1::ReplayEventsResponse>(std::move(answered)));
      },
      std::move(done));
}

}  // namespace carillon::control
