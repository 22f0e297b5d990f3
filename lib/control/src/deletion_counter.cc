#include "carillon/control/deletion_counter.h"

#include <memory>
#include <optional>

#include "carillon/v1/destination_service.pb.h"

namespace carillon::control {
namespace {

void SetCounts(const std::optional<model::Pending>& pending, v1::DeleteDestinationResponse& to) {
  to.set_uncounted(!pending || !pending->behind);
  if (!pending) return;
  to.set_abandoned_delivery_count(static_cast<int64_t>(pending->counted()));
  to.set_untried_delivery_count(
      static_cast<int64_t>(pending->in_memory + pending->behind.value_or(0)));
}

}  // namespace

DeletionCounter::Done DeletionCounter::Then(std::string name, Done done) {
  return [this, name = std::move(name),
          done = std::move(done)](absl::StatusOr<Answer> answer) mutable {
    const auto ids = destinations_.pattern().Match(name);
    if (!answer.ok() || !ids) return done(std::move(answer));
    if (busy_.exchange(true)) {
      SetCounts(std::nullopt, static_cast<v1::DeleteDestinationResponse&>(**answer));
      return done(std::move(answer));
    }
    count_({ids->front(), ids->back()},
           [this, answer = *std::move(answer), done = std::move(done)](auto pending) mutable {
             busy_.store(false);
             SetCounts(pending, static_cast<v1::DeleteDestinationResponse&>(*answer));
             done(std::move(answer));
           });
  };
}

}  // namespace carillon::control
