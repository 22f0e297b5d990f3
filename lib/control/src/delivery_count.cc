#include "delivery_count.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "delivery_lookup.h"
#include "delivery_messages.h"

namespace carillon::control {
namespace {

constexpr int kMaxCountPages = 50;

/// Deliveries that are being counted.
struct Counter {
  deliverylog::AttemptStore& log;
  deliverylog::Query query;
  absl::AnyInvocable<void(absl::StatusOr<DeliveryCount>)> done;
  int pages = 0;
  DeliveryCount result;
};

void CountPage(const std::shared_ptr<Counter>& counter) {
  counter->log.Find(counter->query, [counter](const absl::StatusOr<deliverylog::Page>& page) {
    if (!page.ok()) return counter->done(DeliveryLogError(page.status()));
    DeliveryCount& result = counter->result;
    for (const deliverylog::Record& record : page->records) {
      if (result.sample.size() >= DeliveryCount::kMaxSample) break;
      result.sample.push_back(DeliveryName(record));
    }
    result.scanned_to = page->scanned_to;
    const int64_t count = result.count + static_cast<int64_t>(page->records.size());
    result.count = std::min(count, DeliveryCount::kMost);
    result.more = count > DeliveryCount::kMost || (page->next && *page->next > 0);
    const bool enough = count > DeliveryCount::kMost || ++counter->pages >= kMaxCountPages;
    if (!result.more || enough) return counter->done(std::move(result));
    counter->query.before = *page->next;
    CountPage(counter);
  });
}

}  // namespace

void CountDeliveries(deliverylog::Query query, deliverylog::AttemptStore& log,
                     absl::AnyInvocable<void(absl::StatusOr<DeliveryCount>)> done) {
  query.limit = deliverylog::Query::kMaxLimit;
  CountPage(std::make_shared<Counter>(
      Counter{.log = log, .query = std::move(query), .done = std::move(done), .result = {}}));
}

}  // namespace carillon::control
