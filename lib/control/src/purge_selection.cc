#include "purge_selection.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/list_filter.h"
#include "carillon/aip/resource_name.h"
#include "delivery_messages.h"
#include "resend_task.h"

namespace carillon::control {
namespace {

using delivery::WaitingDelivery;
using deliverylog::State;

constexpr int kMaxCountSteps = 100;
const aip::NamePattern kPurgedAt("tenants/{tenant}/destinations/{destination}");

v1::Delivery::State ToProto(WaitingDelivery::State state) {
  switch (state) {
    case WaitingDelivery::State::kQueued:
      return v1::Delivery::QUEUED;
    case WaitingDelivery::State::kScheduled:
      return v1::Delivery::SCHEDULED;
    case WaitingDelivery::State::kHeld:
      return v1::Delivery::HELD;
  }
  return v1::Delivery::STATE_UNSPECIFIED;
}

/// What is known of a delivery where it waits.
v1::Delivery ToMessage(const WaitingDelivery& waiting) {
  v1::Delivery delivery;
  delivery.set_state(ToProto(waiting.state));
  delivery.set_event_type(std::string(waiting.event.type()));
  delivery.set_event_id(std::string(waiting.event.id()));
  delivery.set_attempt_count(static_cast<int32_t>(waiting.attempts));
  SetMoment(waiting.event.accepted_at(), *delivery.mutable_accept_time());
  if (waiting.next) SetMoment(*waiting.next, *delivery.mutable_next_attempt_time());
  return delivery;
}

/// Of a filter that is valid for deliveries; nullopt: it names something else.
std::optional<aip::Filter> WaitingFilter(const std::string& text) {
  auto filter = aip::Filter::Parse(text, {*v1::Delivery::descriptor(),
                                          {"state", "event_type", "event_id", "attempt_count",
                                           "accept_time", "next_attempt_time"},
                                          false});
  if (!filter.ok()) return std::nullopt;
  return *std::move(filter);
}

/// Deliveries that are being counted.
struct PurgeCounting {
  const PurgeSelection selection;
  const uint64_t end;
  const operations::DeliveryTools tools;
  const std::vector<std::string> destinations;
  absl::AnyInvocable<void(absl::StatusOr<DeliveryCount>)> done;
  size_t at = 0;  // of the destinations
  delivery::PurgePlace place;
  int steps = 0;
  DeliveryCount result;

  void Add(const delivery::PurgeResult& step) {
    result.count += static_cast<int64_t>(step.purged);
    for (const uint64_t position : step.sample) {
      if (result.sample.size() >= DeliveryCount::kMaxSample) break;
      result.sample.push_back(absl::StrCat("tenants/", selection.tenant, "/destinations/",
                                           destinations[at], "/deliveries/", position));
    }
  }
  void Answer() {
    result.more |= result.count > DeliveryCount::kMost;
    result.count = std::min(result.count, DeliveryCount::kMost);
    done(std::move(result));
  }
};
using PurgeCountingPtr = std::shared_ptr<PurgeCounting>;

void CountLogged(const PurgeCountingPtr& counting) {
  const bool enough = counting->result.count > DeliveryCount::kMost;
  if (counting->tools.log == nullptr || enough) return counting->Answer();
  deliverylog::Query query = counting->selection.logged;
  // What waits was counted where it waits, unless only the log knows whether it is meant.
  const bool only_dead = counting->selection.waiting != nullptr;
  query.matches = [only_dead, all = query.matches](const deliverylog::Record& record) {
    const State state = record.figures.state;
    return (state == State::kDead || (state == State::kScheduled && !only_dead)) && all(record);
  };
  CountDeliveries(std::move(query), *counting->tools.log,
                  [counting](absl::StatusOr<DeliveryCount> logged) {
                    if (!logged.ok()) return counting->done(logged.status());
                    DeliveryCount& result = counting->result;
                    result.count += logged->count;
                    result.more |= logged->more;
                    for (std::string& name : logged->sample) {
                      if (result.sample.size() >= DeliveryCount::kMaxSample) break;
                      result.sample.push_back(std::move(name));
                    }
                    counting->Answer();
                  });
}

void CountWaiting(const PurgeCountingPtr& counting) {
  const bool enough = counting->result.count > DeliveryCount::kMost;
  if (enough || counting->at == counting->destinations.size()) return CountLogged(counting);
  if (counting->steps++ == kMaxCountSteps) {
    counting->result.more = true;
    return CountLogged(counting);
  }
  delivery::PurgeOrder order = counting->selection.StepAt(counting->destinations[counting->at],
                                                          counting->place, counting->end);
  order.only_count = true;
  counting->tools.purge(std::move(order), [counting](absl::StatusOr<delivery::PurgeResult> step) {
    // One that is gone has nothing that waits; what waits elsewhere cannot be counted now.
    const bool gone =
        absl::IsNotFound(step.status()) &&
        !PurgeSelection::IsConfigured(counting->selection.tenant,
                                      counting->destinations[counting->at], counting->tools);
    counting->result.more |= !step.ok() && !gone;
    if (step.ok()) counting->Add(*step);
    const bool on = step.ok() && step->next && !step->waits;
    counting->result.more |= step.ok() && step->waits;
    counting->place = on ? *step->next : delivery::PurgePlace();
    counting->at += on ? 0 : 1;
    CountWaiting(counting);
  });
}

}  // namespace

std::vector<std::string> PurgeSelection::Destinations(
    const operations::DeliveryTools& tools) const {
  if (waiting == nullptr) return {};
  if (destination != aip::NamePattern::kAny) return {destination};
  return tools.destinations(tenant);
}

bool PurgeSelection::IsConfigured(const std::string& tenant, const std::string& name,
                                  const operations::DeliveryTools& tools) {
  const std::vector<std::string> all = tools.destinations(tenant);
  return std::ranges::find(all, name) != all.end();
}

delivery::PurgeOrder PurgeSelection::StepAt(const std::string& name,
                                            const delivery::PurgePlace& from, uint64_t end) const {
  return {.tenant = tenant, .name = name, .items = {}, .wants = waiting, .end = end, .from = from};
}

absl::StatusOr<PurgeSelection> SelectionOf(const v1::PurgeDeliveriesRequest& request) {
  absl::StatusOr<deliverylog::Query> query = DeliveriesOf(request.parent(), request.filter());
  if (!query.ok()) return query.status();
  const std::vector<std::string> ids = *kPurgedAt.Match(request.parent(), true);
  PurgeSelection selection{.tenant = ids[0], .destination = ids[1], .logged = *std::move(query)};
  selection.logged.matches =
      [all = std::move(selection.logged.matches)](const deliverylog::Record& record) {
        return record.figures.state != State::kDelivered && (!all || all(record));
      };
  const std::optional<aip::Filter> filter =
      WaitingFilter(request.filter() == "*" ? "" : request.filter());
  if (filter) {
    selection.waiting = [filter = *filter](const WaitingDelivery& each) {
      return filter.empty() || filter.Matches(ToMessage(each));
    };
  }
  return selection;
}

void CountPurge(PurgeSelection selection, uint64_t end, const operations::DeliveryTools& tools,
                absl::AnyInvocable<void(absl::StatusOr<DeliveryCount>)> done) {
  std::vector<std::string> destinations = selection.Destinations(tools);
  CountWaiting(
      std::make_shared<PurgeCounting>(PurgeCounting{.selection = std::move(selection),
                                                    .end = end,
                                                    .tools = tools,
                                                    .destinations = std::move(destinations),
                                                    .done = std::move(done),
                                                    .place = {},
                                                    .result = {}}));
}

}  // namespace carillon::control
