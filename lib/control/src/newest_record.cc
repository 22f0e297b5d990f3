#include "newest_record.h"

#include <chrono>
#include <utility>

namespace carillon::control {

void AskIfNewest(deliverylog::AttemptStore& log, const deliverylog::Record& record,
                 absl::AnyInvocable<void(absl::StatusOr<bool>)> done) {
  deliverylog::Query query;
  query.tenant = record.tenant;
  query.destination = record.destination;
  query.position = record.figures.position;
  query.limit = 1;
  query.max_time = std::chrono::seconds(1);
  query.marks = true;
  log.Find(std::move(query), [sequence = record.sequence, done = std::move(done)](
                                 const absl::StatusOr<deliverylog::Page>& page) mutable {
    if (!page.ok()) return done(absl::UnavailableError("the delivery log cannot be read"));
    done(!page->records.empty() && page->records.front().sequence == sequence);
  });
}

}  // namespace carillon::control
