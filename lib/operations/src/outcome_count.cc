#include "carillon/operations/outcome_count.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "carillon/aip/resource_name.h"

namespace carillon::operations {
namespace {

using deliverylog::Record;
using deliverylog::State;

const aip::NamePattern kTarget("tenants/{tenant}/destinations/{destination}");

/// A count under way.
struct Counting {
  deliverylog::AttemptStore& log;
  deliverylog::Query query;
  OutcomeCounts counts;
  absl::AnyInvocable<void(absl::StatusOr<OutcomeCounts>)> done;
};

/// Nothing of the log is taken but the numbers.
void CountPageOf(const std::shared_ptr<Counting>& counting) {
  deliverylog::Query query = counting->query;
  query.matches = [counting, trigger_is = std::move(query.matches)](const Record& record) {
    if (!trigger_is(record)) return false;
    const State state = record.figures.state;
    counting->counts.delivered += state == State::kDelivered ? 1 : 0;
    counting->counts.dead += state == State::kDead ? 1 : 0;
    return false;
  };
  counting->log.Find(std::move(query), [counting](const absl::StatusOr<deliverylog::Page>& page) {
    if (!page.ok()) {
      return counting->done(absl::UnavailableError("the delivery log cannot be read"));
    }
    if (!page->next) return counting->done(counting->counts);
    counting->query.before = *page->next;
    CountPageOf(counting);
  });
}

}  // namespace

bool AwaitsOutcomes(const v1::Operation& operation) {
  const bool counted =
      operation.kind() == v1::Operation::REPLAY || operation.kind() == v1::Operation::RESEND;
  return counted &&
         operation.delivered_count() + operation.dead_count() < operation.processed_count();
}

CountOutcomes OutcomesIn(deliverylog::AttemptStore* log) {
  if (log == nullptr) return nullptr;
  return [log](const StoredOperation& stored,
               absl::AnyInvocable<void(absl::StatusOr<OutcomeCounts>)> done) {
    const v1::Operation& operation = stored.operation;
    OutcomeCounts counts{.next = log->figures().next};
    const auto ids = kTarget.Match(operation.target(), true);
    if (!ids || counts.next <= stored.counted) return done(counts);
    const bool replay = operation.kind() == v1::Operation::REPLAY;
    deliverylog::Query query;
    query.tenant = (*ids)[0];
    if ((*ids)[1] != aip::NamePattern::kAny) query.destination = (*ids)[1];
    query.from = base::WallTime(std::chrono::seconds(operation.create_time().seconds()) +
                                std::chrono::nanoseconds(operation.create_time().nanos()));
    query.since = stored.counted;
    query.before = counts.next;
    query.matches = [made = replay ? model::Trigger::kReplay : model::Trigger::kResend](
                        const Record& record) { return record.figures.trigger == made; };
    CountPageOf(std::make_shared<Counting>(Counting{
        .log = *log, .query = std::move(query), .counts = counts, .done = std::move(done)}));
  };
}

}  // namespace carillon::operations
