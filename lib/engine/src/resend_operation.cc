#include "resend_operation.h"

namespace carillon::engine {

void ResendOperation::Begin(absl::AnyInvocable<void()> end) {
  Done done = std::exchange(done_, nullptr);
  const Placement::Assignment* const at = state_.tables.Find(order_.tenant, order_.name);
  if (at == nullptr) {
    done(absl::NotFoundError("the destination is not in force"));
  } else if (!state_.Owns(at->shard)) {
    done(absl::UnavailableError("another process delivers to the destination"));
  } else {
    order_.place = at->place;
    state_.shards[at->shard].delivery->Resend(std::move(order_), std::move(done));
  }
  end();
}

void ResendOperation::Cancel() {
  if (done_ != nullptr) {
    std::exchange(done_, nullptr)(absl::UnavailableError("delivery is being shut down"));
  }
}

}  // namespace carillon::engine
